// Two clocks for the same story. Both tell the time of the scenario, so nothing else has to know which of them is running.

import { setTimeout as delay } from 'node:timers/promises'
import { type Env, systemEnv } from '@understudy/actors'
import { ManualEnv } from '@understudy/testkit'
import { seededRandom } from './domain/seeded-random.ts'

/** Where time comes from, and how it is waited for. */
export interface Clock {
  readonly env: Env
  /** Lets time pass until `done`, by at most so many milliseconds of the scenario; answers whether it came true. */
  until(done: () => boolean, withinMs: number): Promise<boolean>
}

const lookMs = 20

/** Virtual time: no waiting, and the same run for the same seed. */
export function virtualClock(seed: number): Clock {
  const env = new ManualEnv({ seed })
  return { env, until: (done, withinMs) => env.advanceUntil(done, withinMs) }
}

/** Real time, but so many times as fast. */
export function realClock(seed: number, speed: number): Clock {
  const env: Env = {
    ...systemEnv,
    now: () => systemEnv.now() * speed,
    random: seededRandom(`${seed} clock`),
    setTimer: (delayMs, callback, background) => systemEnv.setTimer(delayMs / speed, callback, background),
  }
  return {
    env,
    async until(done, withinMs) {
      const deadline = env.now() + withinMs
      while (!done() && env.now() < deadline) await delay(lookMs)
      return done()
    },
  }
}
