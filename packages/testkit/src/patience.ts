// How expectations wait. In virtual time they move time themselves, deterministically; in real time they poll.

import type { ActorSystem, Env } from '@understudy/runtime'
import { hostOf } from '@understudy/runtime/spi'
import type { ManualEnv } from '@understudy/runtime/testing'

/** How long an expectation waits for what it expects. */
export interface Patience {
  /**
   * Milliseconds. Default: in virtual time (`ManualEnv`) 0, so that time moves only when a test says so; in real time 3000.
   * With `ManualEnv` time is moved from timer to timer, and stops where the expectation is met.
   */
  readonly withinMs?: number
}

/** How long expectations wait in real time by default, in milliseconds. */
export const defaultPatienceMs = 3000
/** How long `expectNone` listens in real time by default, in milliseconds. */
const defaultSilenceMs = 100
const pollMs = 5

/** Whether time moves only when told to. */
export function isVirtual(env: Env): env is ManualEnv {
  return 'advanceUntil' in env
}

/** Waits until `done` says so; answers whether it did in time. */
export async function waitUntil(env: Env, done: () => boolean, withinMs: number | undefined): Promise<boolean> {
  if (isVirtual(env)) return env.advanceUntil(done, withinMs ?? 0)
  const until = env.now() + (withinMs ?? defaultPatienceMs)
  while (!done()) {
    if (env.now() >= until) return false
    await new Promise<void>((resolve) => void env.setTimer(pollMs, resolve))
  }
  return true
}

/** Waits as long as silence has to last; answers whether `broken` stayed false. */
export async function staysQuiet(env: Env, broken: () => boolean, forMs: number | undefined): Promise<boolean> {
  return !(await waitUntil(env, broken, forMs ?? (isVirtual(env) ? 0 : defaultSilenceMs)))
}

/**
 * Tries `check` until it neither throws nor returns false, and resolves with what it returned; rejects with what it threw last.
 *
 * Use when: something becomes true that no message tells of.
 */
export async function eventually<T>(system: ActorSystem, check: () => T, patience: Patience = {}): Promise<T> {
  let last: { readonly value: T } | { readonly cause: unknown } | undefined
  const attempt = (): boolean => {
    try {
      const value = check()
      last = { value }
      return value !== false
    } catch (cause) {
      last = { cause }
      return false
    }
  }
  const met = await waitUntil(hostOf(system).env, attempt, patience.withinMs)
  if (last !== undefined && 'cause' in last) throw last.cause
  if (!met) throw new Error('what was awaited stayed false')
  return (last as { readonly value: T }).value
}
