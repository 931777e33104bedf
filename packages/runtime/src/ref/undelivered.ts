// What an asker is told about a message that was not handled.

import type { DeadLetterReason } from '../contracts/dead-letter.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { Message } from '../contracts/message.ts'
import {
  ActorFailedError,
  type DeliveryError,
  MailboxFullError,
  MessageRefusedError,
  NoSuchActorError,
  NodeUnreachableError,
  OverloadedError,
} from '../errors.ts'

/** The error for a dead letter's reason. */
export function undelivered(reason: DeadLetterReason, target: string, message: Message, cause?: unknown): DeliveryError {
  switch (reason) {
    case 'mailbox-full':
      return new MailboxFullError(target, message)
    case 'stopped':
      // With a cause it was killed in the middle of handling it.
      return cause === undefined ? new NoSuchActorError(target, message, reason) : new ActorFailedError(target, message, cause)
    case 'no-such-actor':
    case 'stale-incarnation':
      return new NoSuchActorError(target, message, reason)
    case 'node-down':
    case 'unreachable':
      return new NodeUnreachableError(target, message, reason, 'never-handled')
    case 'shed':
      return new OverloadedError(target, message)
    case 'poison':
      return new ActorFailedError(target, message, cause)
    case 'expired':
      return new MessageRefusedError(target, message, reason, 'its deadline had passed before it was handled')
    case 'too-large':
    case 'invalid':
    case 'undeliverable-codec':
      return new MessageRefusedError(target, message, reason, cause === undefined ? 'see the reason' : describeCause(cause), { cause })
  }
}
