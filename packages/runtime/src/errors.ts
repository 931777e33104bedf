// Everything the runtime throws or rejects with. One class per thing a caller can react to; docs/errors.md has an entry per code.

import type { DeadLetterReason } from './contracts/dead-letter.ts'
import { UnderstudyError } from './contracts/error.ts'
import { describeCause, describeType } from './contracts/exit-reason.ts'
import type { Message } from './contracts/message.ts'

/** What is known about a message whose answer did not come. */
export type Outcome = 'never-handled' | 'maybe-handled' | 'handled'

/** The base of the errors an ask ends with: which message, and whether it was handled. */
export abstract class DeliveryError extends UnderstudyError {
  /** Whether the receiver handled the message. Only `never-handled` is safe to repeat without idempotence. */
  readonly outcome: Outcome
  /** The message, handed back. */
  readonly undelivered: Message

  constructor(text: string, message: Message, outcome: Outcome, options?: ErrorOptions) {
    super(text, options)
    this.outcome = outcome
    this.undelivered = message
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== (DeliveryError as unknown)) return UnderstudyError[Symbol.hasInstance].call(this, value)
    return value instanceof UnderstudyError && 'outcome' in value
  }
}

/** No answer came before the deadline. */
export class AskTimeoutError extends DeliveryError {
  static override readonly code = 'ASK_TIMEOUT'
  constructor(target: string, message: Message, timeoutMs: number) {
    super(
      `no answer to '${describeType(message)}' from ${target} within ${timeoutMs} ms; it may or may not have been handled. ` +
        'Raise timeoutMs, or look at what the actor is busy with',
      message,
      'maybe-handled',
    )
  }
}

/** The ask was given up by its own signal. */
export class AskAbortedError extends DeliveryError {
  static override readonly code = 'ASK_ABORTED'
  constructor(target: string, message: Message, outcome: Outcome, reason: unknown) {
    const fate = outcome === 'never-handled' ? 'it was not sent' : 'it may or may not have been handled'
    super(`the wait for '${describeType(message)}' to ${target} was aborted: ${describeCause(reason)}; ${fate}`, message, outcome, {
      cause: reason,
    })
  }
}

/** The ask came back to an actor that waits for it: it could only have ended at its deadline. */
export class AskCycleError extends DeliveryError {
  static override readonly code = 'ASK_CYCLE'
  /** The paths, in the order of the asks; the last is the first again. */
  readonly cycle: readonly string[]
  constructor(cycle: readonly string[], message: Message) {
    super(
      `asking '${describeType(message)}' closes a cycle of actors that wait for each other: ${cycle.join(' → ')}. ` +
        'Use tell, ctx.pipe, ctx.forward or a reentrant handler on one of the ways',
      message,
      'maybe-handled',
    )
    this.cycle = cycle
  }
}

/** No room came for an offered message before its time was over. */
export class OfferTimeoutError extends DeliveryError {
  static override readonly code = 'OFFER_TIMEOUT'
  constructor(target: string, message: Message, timeoutMs: number) {
    super(
      `the mailbox of ${target} had no room for '${describeType(message)}' within ${timeoutMs} ms. Offer less at a time, or raise mailbox.capacity`,
      message,
      'never-handled',
    )
  }
}

/** The handler threw, so there is no answer; its supervisor decides what happens to the actor. */
export class ActorFailedError extends DeliveryError {
  static override readonly code = 'ACTOR_FAILED'
  constructor(target: string, message: Message, cause: unknown) {
    const why = describeCause(cause)
    super(
      `${target} failed while handling '${describeType(message)}': ${why}. Its handler began, so parts may have happened`,
      message,
      'maybe-handled',
      {
        cause,
      },
    )
  }
}

/** The receiver's mailbox is full. Slow down, or give the actor more room or more colleagues. */
export class MailboxFullError extends DeliveryError {
  static override readonly code = 'MAILBOX_FULL'
  constructor(target: string, message: Message) {
    super(
      `the mailbox of ${target} is full, '${describeType(message)}' was not taken. Send less at a time, or raise mailbox.capacity`,
      message,
      'never-handled',
    )
  }
}

/** The receiver refuses new messages on purpose: it, or the way to its node, is given time to recover. Go without, or ask again later. */
export class OverloadedError extends DeliveryError {
  static override readonly code = 'OVERLOADED'
  constructor(target: string, message: Message, why = 'it is in recovery, or too much waits for its node') {
    super(
      `${target} refuses new messages for now (shed), '${describeType(message)}' was not taken: ${why}. ` +
        'Go without it, or ask again later, and not at once',
      message,
      'never-handled',
    )
  }
}

/** The stash is full: the actor has put aside as many messages as it may. Handle some, or raise `mailbox.stashCapacity`. */
export class StashFullError extends DeliveryError {
  static override readonly code = 'STASH_FULL'
  constructor(target: string, message: Message, capacity: number) {
    super(
      `the stash of ${target} is full (${capacity}), '${describeType(message)}' was not put aside. Unstash in time, or raise mailbox.stashCapacity`,
      message,
      'never-handled',
    )
  }
}

/** The receiver does not exist, or is gone. Look it up again. */
export class NoSuchActorError extends DeliveryError {
  static override readonly code = 'NO_SUCH_ACTOR'
  readonly reason: DeadLetterReason
  constructor(target: string, message: Message, reason: DeadLetterReason) {
    super(`nobody handles '${describeType(message)}' at ${target} (${reason}). Look the actor up again`, message, 'never-handled')
    this.reason = reason
  }
}

/** The receiver's node is down, or there is no connection to it now. */
export class NodeUnreachableError extends DeliveryError {
  static override readonly code = 'NODE_UNREACHABLE'
  readonly reason: DeadLetterReason
  constructor(target: string, message: Message, reason: DeadLetterReason, outcome: Outcome) {
    const fate = outcome === 'never-handled' ? 'it was not sent' : 'it may or may not have been handled'
    super(
      `${target} cannot be reached (${reason}), '${describeType(message)}': ${fate}. Try another node, or wait until it is up`,
      message,
      outcome,
    )
    this.reason = reason
  }
}

/** The message itself cannot be delivered: too large, not encodable, not understood, or it made its receiver fail. */
export class MessageRefusedError extends DeliveryError {
  static override readonly code = 'MESSAGE_REFUSED'
  readonly reason: DeadLetterReason
  /** `outcome` is `handled` when it is the reply that could not be carried. Default `never-handled`. */
  constructor(
    target: string,
    message: Message,
    reason: DeadLetterReason,
    detail: string,
    options?: ErrorOptions & { readonly outcome?: Outcome },
  ) {
    super(
      `'${describeType(message)}' for ${target} was refused (${reason}): ${detail}`,
      message,
      options?.outcome ?? 'never-handled',
      options,
    )
    this.reason = reason
  }
}

/** How much of a wrong value an error shows: somebody may have passed a whole machine. */
const longestShown = 100

/** A definition, a spec or an option is not what it should be; thrown in the caller, naming the field. */
export class InvalidOptionError extends UnderstudyError {
  static override readonly code = 'INVALID_OPTION'
  /** The field, as a path such as `children[2].shutdownMs`. */
  readonly field: string
  constructor(field: string, found: unknown, wanted: string) {
    let shown: string
    try {
      // JSON would show NaN and Infinity as null.
      shown =
        typeof found === 'function' ? 'a function' : typeof found === 'number' ? String(found) : (JSON.stringify(found) ?? String(found))
      if (shown.length > longestShown) shown = `${shown.slice(0, longestShown)}…`
    } catch {
      shown = typeof found
    }
    super(`${field} is ${shown}; it must be ${wanted}`)
    this.field = field
  }
}

/** A context was asked to do something with the message in hand, and there is none (any more). */
export class NotHandlingError extends UnderstudyError {
  static override readonly code = 'NOT_HANDLING'
  constructor(path: string, what: string, why: string) {
    super(`${path}: ctx.${what}: ${why}. Call it in the handler of the message, once; in a reentrant one before the first await`)
  }
}

/** A living sibling, or another actor that was registered, already has that name. */
export class NameTakenError extends UnderstudyError {
  static override readonly code = 'NAME_TAKEN'
  constructor(what: string) {
    super(`${what}. Choose another name, or stop it first`)
  }
}

/** The system has stopped or is stopping. */
export class SystemStoppedError extends UnderstudyError {
  static override readonly code = 'SYSTEM_STOPPED'
  constructor(what: string) {
    super(`${what}: the system has stopped. Create a new one`)
  }
}

/** An actor could not be started. */
export class StartFailedError extends UnderstudyError {
  static override readonly code = 'START_FAILED'
  readonly path: string
  constructor(path: string, cause: unknown) {
    const why = describeCause(cause)
    super(`${path} could not be started: ${why}`, { cause })
    this.path = path
  }
}

/** Nobody provided what an actor asked for by `ctx.service`. */
export class ServiceMissingError extends UnderstudyError {
  static override readonly code = 'SERVICE_MISSING'
  constructor(path: string, name: string) {
    super(`${path} asked for the service '${name}', which neither its ancestors nor the system provide`)
  }
}

/** The thread that an actor lived in is no more: it crashed, exited, or used too much memory. */
export class ThreadCrashedError extends UnderstudyError {
  static override readonly code = 'THREAD_CRASHED'
  constructor(thread: string, why: string, options?: ErrorOptions) {
    super(`the thread of ${thread} is gone: ${why}`, options)
  }
}

/** An actor in a thread was in one message for too long, or its thread answered nothing: the thread was terminated. */
export class ThreadHungError extends UnderstudyError {
  static override readonly code = 'THREAD_HUNG'
  readonly path: string
  constructor(thread: string, path: string, messageType: string | undefined, ms: number) {
    const what = messageType === undefined ? 'it answered nothing' : `${path} was in '${messageType}'`
    super(`the thread of ${thread} was terminated: ${what} for ${ms} ms. Mend the handler, or raise isolation.hangMs`)
    this.path = path
  }
}

/** A thread could not load the definition of an actor. */
export class ThreadModuleError extends UnderstudyError {
  static override readonly code = 'THREAD_MODULE'
  constructor(module: string, name: string, why: string, options?: ErrorOptions) {
    super(
      `a thread found no actor '${name}' in ${module}: ${why}. Export it there: export const it = actor({ name: '${name}', module: import.meta.url, … })`,
      options,
    )
  }
}

/** Something that does not work in a thread. */
export class ThreadUnsupportedError extends UnderstudyError {
  static override readonly code = 'THREAD_UNSUPPORTED'
  constructor(who: string, what: string) {
    super(`${who}: threads do not support ${what}. Leave isolation out, or do it in an actor of the main loop`)
  }
}

/** A compare-and-set did not find what it expected; nothing was written. */
export class RevisionConflictError extends UnderstudyError {
  static override readonly code = 'REVISION_CONFLICT'
  readonly key: string
  /** The revision found, when the store said. */
  readonly actual: number | undefined
  constructor(key: string, expected: number, actual: number | undefined, options?: ErrorOptions) {
    super(`'${key}' is not at revision ${expected}${actual === undefined ? '' : ` but at ${actual}`}; nothing was written`, options)
    this.key = key
    this.actual = actual
  }
}

/** The store did not answer; a write may or may not have happened. */
export class StoreUnavailableError extends UnderstudyError {
  static override readonly code = 'STORE_UNAVAILABLE'
  constructor(what: string, why: string, options?: ErrorOptions) {
    super(`${what}: no answer from the store (${why}); a write may or may not have happened. Try again, or check the NATS servers`, options)
  }
}

/** This node may no longer act as the leader: stop at once, another one does. */
export class FencedError extends UnderstudyError {
  static override readonly code = 'FENCED'
  readonly epoch: number
  constructor(name: string, epoch: number, why: string, options?: ErrorOptions) {
    super(`the leadership of '${name}' at epoch ${epoch} is over: ${why}`, options)
    this.epoch = epoch
  }
}

/** The transport cannot connect, or the server cannot do what is needed. */
export class TransportError extends UnderstudyError {
  static override readonly code = 'TRANSPORT'
}
