// The transport contract on the memory twin.

import { memoryBed } from './memory-bed.ts'
import { transportContract } from './transport-contract.ts'

transportContract('memory', memoryBed)
