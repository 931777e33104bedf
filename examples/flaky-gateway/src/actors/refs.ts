// By which refs the actors of the gateway know each other.

import type { ActorDefinition, Protocol, Ref } from '@understudy/actors'
import type { acquirer } from './acquirer.ts'
import type { reader } from './reader.ts'
import type { receipts } from './receipts.ts'

/** The ref that a definition's actors have. */
export type RefOf<D> = D extends ActorDefinition<infer P extends Protocol, never> ? Ref<P> : never

export type Acquirer = RefOf<typeof acquirer>
export type Reader = RefOf<typeof reader>
export type Receipts = RefOf<typeof receipts>
