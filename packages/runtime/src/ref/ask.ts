// An ask with more to it than a message: options, or an actor that asks while it handles something. A plain ask is in `actor-ref.ts`.

import { formatAddress } from '../contracts/address.ts'
import type { Asker } from '../contracts/asker.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Message } from '../contracts/message.ts'
import type { AskOptions } from '../contracts/ref.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { turn } from '../dispatch/turn.ts'
import { AskAbortedError, InvalidOptionError } from '../errors.ts'
import { noAsk } from './ask-table.ts'

/** How long an ask waits by default, in milliseconds. */
export const defaultAskTimeoutMs = 5000

const longestAskMs = 2 ** 31 - 1

/** Asks `endpoint`, for `caller` if an actor is at work. */
export function askEndpoint(endpoint: Endpoint, message: Message, options: AskOptions | undefined, caller: Asker | null): Promise<unknown> {
  const timeoutMs = options?.timeoutMs ?? defaultAskTimeoutMs
  if (!(typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= longestAskMs))
    return Promise.reject(new InvalidOptionError('timeoutMs', timeoutMs, `a number of milliseconds from 0 to ${longestAskMs}`))
  const deadlineAt = options?.deadlineAt
  if (deadlineAt !== undefined && !(typeof deadlineAt === 'number' && !Number.isNaN(deadlineAt)))
    return Promise.reject(new InvalidOptionError('deadlineAt', deadlineAt, 'a number of milliseconds, as ctx.now() counts them'))
  const signal = options?.signal
  if (signal?.aborted === true)
    return Promise.reject(new AskAbortedError(formatAddress(endpoint.address), message, 'never-handled', signal.reason))
  const { host } = endpoint
  let leftMs = timeoutMs
  if (deadlineAt !== undefined) leftMs = Math.min(leftMs, deadlineAt - host.env.now())
  if (caller !== null) leftMs = Math.min(leftMs, remainingMs(caller))
  // Chains are known within one system; slots of another one mean nothing to it.
  const asker = caller !== null && caller.host === host ? caller : null
  const promise = host.openAsk(Math.max(0, leftMs), endpoint, message, asker)
  const slot = host.lastAsk
  if (slot === noAsk) return promise
  host.counters.sent++
  endpoint.post(message, slot)
  if (asker !== null) {
    if (asker.taken !== undefined) (turn.asks ??= []).push({ slot, target: endpoint })
    else host.refuseCycle(slot, endpoint, asker)
  }
  if (signal === undefined) return promise
  const abort = (): void =>
    host.rejectReply(slot, new AskAbortedError(formatAddress(endpoint.address), message, 'maybe-handled', signal.reason))
  signal.addEventListener('abort', abort)
  const off = (): void => signal.removeEventListener('abort', abort)
  promise.then(off, off)
  return promise
}

/** How long whoever asked the asker still waits. */
function remainingMs(asker: Asker): number {
  const replyTo: ReplyTo = asker.taken === undefined ? (asker.inFlight?.replyTo ?? null) : asker.takenReply
  if (replyTo === null) return Number.POSITIVE_INFINITY
  if (typeof replyTo === 'number') return asker.host.remainingMs(replyTo)
  return replyTo.expiresAt === undefined ? Number.POSITIVE_INFINITY : replyTo.expiresAt - asker.host.env.now()
}
