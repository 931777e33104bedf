// The cell around an outer half, as far as the half needs it.

import type { Endpoint } from '../contracts/endpoint.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Host } from '../contracts/host.ts'
import type { LifeState } from '../contracts/lifecycle.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { Ending } from '../actor/ending.ts'
import type { InFlight, OpenFlights } from '../actor/in-flight.ts'

/** What those are told of who hear of an end in order. */
interface Ended {
  output: unknown
}

/** An actor of the main loop. */
export interface OuterCell extends Endpoint {
  takenReply: ReplyTo
  unshift(message: Message, replyTo: ReplyTo): void
  readonly host: Host & {
    readonly life: {
      fail(cell: OuterCell, cause: unknown, phase: Failure['phase'], message: Message | undefined, replyTo: ReplyTo): void
    }
  }
  readonly path: string
  readonly incarnation: number
  readonly life: LifeState
  readonly ending: Ending | null
  readonly extras: { readonly watches: Ended | null } | null
  readonly openExtras: { readonly openWatches: Ended; flights(maxInFlight: number): OpenFlights; succeeded(): void }
  inFlight: InFlight | null
  resume(): void
  end(reason: ExitReason): void
}
