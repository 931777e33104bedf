// What JetStream refuses with, as data, and how it maps to the runtime's errors.

import { StoreUnavailableError } from '@understudy/runtime/spi'

/** The error codes of JetStream that mean something to the store. */
export const apiCode = {
  noMessage: 10037,
  notEnabledForAccount: 10039,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  notEnabled: 10076,
  streamFull: 10077,
  wrongLastSequenceUnknown: 10164,
} as const

/** A refusal by JetStream itself, kept as the `cause` of the error a caller sees. */
export class JetStreamRefusal extends Error {
  /** JetStream's own error code, such as 10071 for a compare-and-set that did not hold. */
  readonly errCode: number

  constructor(errCode: number, description: string) {
    super(`${description} (JetStream error ${errCode})`)
    this.name = 'JetStreamRefusal'
    this.errCode = errCode
  }

  /** Whether a compare-and-set did not hold. */
  get isConflict(): boolean {
    return this.errCode === apiCode.wrongLastSequence || this.errCode === apiCode.wrongLastSequenceUnknown
  }

  /** The sequence that the server found instead of the expected one, when it said. */
  get lastSequence(): number | undefined {
    const match = this.errCode === apiCode.wrongLastSequence ? /wrong last sequence: (\d+)/.exec(this.message) : null
    return match === null ? undefined : Number(match[1])
  }
}

/** Anything that went wrong with a question to the store, as the error its caller knows: no answer, a refusal, or an answer that makes no sense. */
export function unavailable(what: string, error: unknown): StoreUnavailableError {
  if (error instanceof StoreUnavailableError) return error
  if (!(error instanceof JetStreamRefusal)) return new StoreUnavailableError(what, 'the answer makes no sense', { cause: error })
  const advice = error.errCode === apiCode.streamFull ? '; the stream is full, raise its max_bytes' : ''
  return new StoreUnavailableError(what, error.message + advice, { cause: error })
}
