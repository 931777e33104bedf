// An offer: a tell that waits for room, where the receiver lets it wait.

import { formatAddress } from '../contracts/address.ts'
import type { Endpoint, Offer } from '../contracts/endpoint.ts'
import type { TimerHandle } from '../contracts/env.ts'
import type { Message } from '../contracts/message.ts'
import type { OfferOptions } from '../contracts/ref.ts'
import { AskAbortedError, InvalidOptionError, OfferTimeoutError } from '../errors.ts'

/** Resolves when `message` is in the mailbox behind `endpoint`. */
export function offerTo(endpoint: Endpoint, message: Message, options: OfferOptions = {}): Promise<void> {
  const { timeoutMs, signal } = options
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0))
    return Promise.reject(new InvalidOptionError('timeoutMs', timeoutMs, 'a number of milliseconds, 0 or more'))
  const { host } = endpoint
  const target = (): string => formatAddress(endpoint.address)
  if (signal?.aborted === true) return Promise.reject(new AskAbortedError(target(), message, 'never-handled', signal.reason))
  if (endpoint.accepts()) {
    host.counters.sent++
    endpoint.post(message, null)
    return Promise.resolve()
  }
  return new Promise<void>((resolve, reject) => {
    let isOver = false
    let timer: TimerHandle
    const over = (): void => {
      isOver = true
      if (timer !== undefined) host.cancel(timer)
      signal?.removeEventListener('abort', abort)
    }
    const refused = (error: Error): void => {
      over()
      reject(error)
    }
    const abort = (): void => refused(new AskAbortedError(target(), message, 'never-handled', signal!.reason))
    const offer: Offer = {
      message,
      get isOver() {
        return isOver
      },
      admitted() {
        over()
        resolve()
      },
      refused,
    }
    if (endpoint.awaitRoom?.(offer) === true) {
      if (timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY)
        timer = host.after(timeoutMs, () => refused(new OfferTimeoutError(target(), message, timeoutMs)))
      signal?.addEventListener('abort', abort)
      return
    }
    // Whoever refuses it does so at once and knows why. Otherwise an older message gave way: it is in the mailbox.
    host.counters.sent++
    endpoint.post(message, { resolve() {}, reject })
    resolve()
  })
}
