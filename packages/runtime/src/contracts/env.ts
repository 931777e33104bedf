// The only door to time, randomness and scheduling. Everything else in Understudy asks an Env, so that a whole cluster can run
// deterministically in one process, in virtual time, from a seed.

/** A timer as its Env knows it. */
export type TimerHandle = unknown

/** Time, randomness, timers, turn scheduling and ids of one system. */
export interface Env {
  /** Monotonic time in milliseconds, with fractions; its zero is arbitrary. */
  now(): number
  /** Wall-clock time in milliseconds since 1970; may jump. For display and for noticing that the machine slept, never for deadlines. */
  wallNow(): number
  /** A number in [0, 1). */
  random(): number
  /** A short id that is unique for practical purposes: 16 lower-case letters and digits. */
  id(): string
  /** Calls `callback` once after at least `delayMs`. Keeps no process alive by itself when `background` is true (default false). */
  setTimer(delayMs: number, callback: () => void, background?: boolean): TimerHandle
  clearTimer(handle: TimerHandle): void
  /** Calls `callback` when the current stack has unwound, before I/O. The cheapest wake-up there is. */
  soon(callback: () => void): void
  /** Calls `callback` after pending I/O and due timers have had their turn. */
  afterIo(callback: () => void): void
}
