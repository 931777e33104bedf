// By which refs the actors of the gateway know each other.

import type { RefOf } from '@understudy/actors'
import type { acquirer } from './acquirer.ts'
import type { reader } from './reader.ts'
import type { receipts } from './receipts.ts'

export type Acquirer = RefOf<typeof acquirer>
export type Reader = RefOf<typeof reader>
export type Receipts = RefOf<typeof receipts>
