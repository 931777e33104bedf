// The store contract on the memory twin.

import { memoryBed } from './memory-bed.ts'
import { storeContract } from './store-contract.ts'

storeContract('memory', memoryBed)
