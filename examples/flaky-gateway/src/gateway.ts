// The gateway: who supervises whom, and how each recovers. This page is what the example is about.

import {
  type ActorSystem,
  backoff,
  child,
  circuitBreaker,
  dependencyGate,
  quarantine,
  retryMessage,
  supervisor,
  type SupervisorProtocol,
  type Ref,
} from '@understudy/actors'
import { acquirer } from './actors/acquirer.ts'
import { type Desk, desk } from './actors/desk.ts'
import { forwarder } from './actors/forwarder.ts'
import { reader } from './actors/reader.ts'
import { receipts } from './actors/receipts.ts'
import type { Journal } from './domain/journal.ts'
import type { Bank } from './world/bank.ts'
import type { Printer } from './world/printer.ts'

/** What the gateway stands on. */
export interface Surroundings {
  readonly seed: number
  readonly journal: Journal
  readonly bank: Bank
  readonly printer: Printer
}

/** Its children, in the order of dependence. */
export const parts = ['acquirer', 'reader', 'receipts', 'forwarder', 'desk'] as const

/** Starts it. */
export function openGateway(
  system: ActorSystem,
  { seed, journal, bank, printer }: Surroundings,
): { readonly supervisor: Ref<SupervisorProtocol>; readonly desk: Desk } {
  const refs = {
    acquirer: system.ref('/gateway/acquirer', acquirer),
    reader: system.ref('/gateway/reader', reader),
    receipts: system.ref('/gateway/receipts', receipts),
  }
  const gateway = supervisor({
    name: 'gateway',
    // Things fail here all the time; what is done about it is in the recoveries.
    intensity: { restarts: 1_000, withinMs: 60_000 },
    children: [
      // A bank that is ill gets well sooner when it is left alone, and customers need not wait for it: calls are refused at once meanwhile.
      child(acquirer, {
        input: bank,
        recovery: circuitBreaker({
          failures: 3,
          withinMs: 5_000,
          openMs: 2_000,
          maxOpenMs: 6_000,
          probeMs: 1_500,
          whileOpen: 'shed',
          resetAfterMs: 5_000,
        }),
      }),
      // A card that fails three times the same way is put aside, and the reader goes on without it. A hiccup of the vault is no fault of the
      // card: it is read again when the backoff has it, however often.
      child(reader, {
        input: { seed },
        recovery: retryMessage({
          attempts: 3,
          delayMs: 20,
          resetAfterMs: 5_000,
          then: backoff({ minMs: 20, maxMs: 100, resetAfterMs: 5_000 }),
        }),
      }),
      // If it fails always alike, no restart mends it: it is parked, what it has to print waits, and a person is needed.
      child(receipts, {
        input: { journal, printer },
        recovery: quarantine({ alike: 3, minMs: 50, maxMs: 200, probesAfterMs: [4_000, 30_000], probeMs: 1_000, resetAfterMs: 5_000 }),
      }),
      // Without the acquirer it need not try. What else it fails of is over after a while.
      child(forwarder, {
        input: { journal, acquirer: refs.acquirer },
        recovery: dependencyGate({
          on: 'acquirer',
          spreadMs: 200,
          resetAfterMs: 5_000,
          then: backoff({ minMs: 200, maxMs: 2_000, resetAfterMs: 5_000 }),
        }),
      }),
      child(desk, { input: { seed, journal, ...refs }, recovery: backoff({ minMs: 100, maxMs: 1_000, resetAfterMs: 5_000 }) }),
    ],
  })
  return { supervisor: system.spawn(gateway, { name: 'gateway' }), desk: system.ref('/gateway/desk', desk) }
}
