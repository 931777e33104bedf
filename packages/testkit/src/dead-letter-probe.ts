// What a system could not deliver, as it happens, and expectations of it.

import type { ActorSystem, DeadLetter, DeadLetterReason } from '@understudy/runtime'
import { hostOf } from '@understudy/runtime/spi'
import { ExpectationError, show } from './expectation-error.ts'
import { matches } from './matches.ts'
import { type Patience, staysQuiet, waitUntil } from './patience.ts'

/** Which dead letters are meant; what is left out may be anything. */
export interface DeadLetterPattern {
  readonly reason?: DeadLetterReason
  /** The type of the message. */
  readonly type?: string
  /** The receiver's path or whole address. */
  readonly target?: string
  /** The message; compared as `probe.expect` does. */
  readonly message?: unknown
}

/** The dead letters of one system since the probe was made. Made by `deadLetterProbe()`. */
export interface DeadLetterProbe {
  /** All of them, oldest first, read or not. */
  readonly letters: readonly DeadLetter[]
  /** Reads the first unread letter that fits; others stay unread. */
  expect(pattern?: DeadLetterPattern, patience?: Patience): Promise<DeadLetter>
  /** Fails if an unread letter that fits is there, or comes within `forMs` (default: virtual time does not move; in real time 100). */
  expectNone(pattern?: DeadLetterPattern, options?: { readonly forMs?: number }): Promise<void>
  /** Stops listening. */
  stop(): void
}

/**
 * Listens to the dead-letter office of a system.
 *
 * Use when: a test says what must, or must not, remain undelivered.
 */
export function deadLetterProbe(system: ActorSystem): DeadLetterProbe {
  const { env } = hostOf(system)
  const letters: DeadLetter[] = []
  const unread: DeadLetter[] = []
  const stop = system.onEvent((event) => {
    if (event.type !== 'dead-letter') return
    letters.push(event.letter)
    unread.push(event.letter)
  })
  const find = (pattern: DeadLetterPattern): DeadLetter | undefined => unread.find((letter) => fits(pattern, letter))
  return {
    letters,
    async expect(pattern = {}, patience = {}) {
      if (!(await waitUntil(env, () => find(pattern) !== undefined, patience.withinMs))) {
        const seen = unread.length === 0 ? 'none came' : `only these came: ${unread.map(describe).join('; ')}`
        throw new ExpectationError(`expected a dead letter ${show(pattern)}, but ${seen}`, { expected: pattern, actual: unread.at(-1) })
      }
      const letter = find(pattern)!
      unread.splice(unread.indexOf(letter), 1)
      return letter
    },
    async expectNone(pattern = {}, options = {}) {
      if (await staysQuiet(env, () => find(pattern) !== undefined, options.forMs)) return
      throw new ExpectationError(`expected no dead letter, but got ${describe(find(pattern)!)}`, { actual: find(pattern) })
    },
    stop,
  }
}

function fits(pattern: DeadLetterPattern, letter: DeadLetter): boolean {
  const { reason, type, target, message } = pattern
  if (reason !== undefined && letter.reason !== reason) return false
  if (type !== undefined && (letter.message as DeadLetter['message'] | undefined)?.type !== type) return false
  if (message !== undefined && !matches(message, letter.message)) return false
  return target === undefined || letter.target === target || pathOf(letter.target) === target
}

/** `us://node~1/path#2` → `/path` */
function pathOf(target: string): string {
  return target.replace(/^us:\/\/[^/]*/, '').replace(/#\d+$/, '')
}

function describe({ message, reason, target }: DeadLetter): string {
  return `${show(message)} for ${target} (${reason})`
}
