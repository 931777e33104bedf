// How an error crosses the wire: as plain data, and back into something that `instanceof` recognises by its code.

import { describeCause, DeliveryError, type DeadLetterReason, type Message, UnderstudyError } from '@understudy/runtime/spi'
import type { WireError } from './wire.ts'

/** An error that came from another node. `instanceof` by the class of its code holds; the original stack stays where it happened. */
class RelayedError extends DeliveryError {
  readonly reason: DeadLetterReason | undefined

  constructor(wire: WireError, message: Message) {
    super(wire.message, message, wire.outcome ?? 'maybe-handled')
    Object.defineProperty(this, 'code', { value: wire.code })
    this.name = wire.name
    this.reason = wire.reason
  }
}

/** Makes an error plain. What is not Understudy's own came from the asked actor. */
export function errorToWire(error: Error): WireError {
  const isOurs = error instanceof UnderstudyError
  const { reason } = error as { reason?: DeadLetterReason }
  return {
    code: isOurs ? error.code : 'ACTOR_FAILED',
    name: error.name,
    message: isOurs ? error.message : describeCause(error),
    outcome: error instanceof DeliveryError ? error.outcome : 'maybe-handled',
    ...(reason !== undefined && { reason }),
  }
}

/** Makes an error again, for the message whose answer it is. */
export function errorFromWire(wire: WireError, message: Message): Error {
  return new RelayedError(wire, message)
}
