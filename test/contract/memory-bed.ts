// The bed in memory: the twin of NATS that tests and single-process examples run on.

import { memoryNetwork } from '@understudy/cluster'
import { systemEnv } from '@understudy/runtime'
import type { Bed } from './bed.ts'

/** Makes a network in memory. */
export async function memoryBed(): Promise<Bed> {
  const network = memoryNetwork()
  return {
    env: systemEnv,
    transport: () => network.transport(),
    cut: async () => network.cut(),
    mend: async () => network.heal(),
    close: async () => {},
  }
}
