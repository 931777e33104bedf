// The real Env: this process's clocks, timers and entropy. The only file of the runtime that may touch them.

import type { Env } from '../contracts/env.ts'
import { currentOwner, disowned } from './owner.ts'

// One resolved promise for all wake-ups: `then` on it costs a third of `queueMicrotask`, which makes an async resource each time.
const tick = Promise.resolve()
const longestTimeoutMs = 2 ** 31 - 1

/** Time, randomness and scheduling of the machine this runs on; the default of `createSystem`. */
export const systemEnv: Env = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  random: () => Math.random(),
  // The global one is loaded when it is first used: importing it would cost every start 3 ms and 2 MiB.
  id: () => Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString('hex'),
  setTimer(delayMs, callback, background = false) {
    let timer!: NodeJS.Timeout
    disowned(() => (timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestTimeoutMs))))
    if (background) timer.unref()
    return timer
  },
  clearTimer(handle) {
    clearTimeout(handle as NodeJS.Timeout)
  },
  soon(callback) {
    if (currentOwner() === undefined) void tick.then(callback)
    else disowned(() => void tick.then(callback))
  },
  afterIo(callback) {
    if (currentOwner() === undefined) setImmediate(callback)
    else disowned(() => void setImmediate(callback))
  },
}
