// How many restarts are too many: a sliding window over the times of past restarts. OTP's maximum restart intensity, exact in milliseconds.

/** At most `restarts` restarts within `withinMs` milliseconds; one more, and the supervisor gives up. `restarts: 0` gives up at the first. */
export interface Intensity {
  readonly restarts: number
  readonly withinMs: number
}

/** 3 restarts in 5 000 ms, as Elixir has it. */
export const defaultIntensity: Intensity = { restarts: 3, withinMs: 5_000 }

/** The restarts that count: a ring of times, so that a restart costs the same however many are remembered. */
export interface RestartWindow {
  /** A power of two of them, or none. */
  times: Float64Array
  /** Where the oldest one is. */
  first: number
  count: number
}

const noTimes = new Float64Array(0)

/** A window without restarts. */
export function emptyWindow(): RestartWindow {
  return { times: noTimes, first: 0, count: 0 }
}

/** How many restarts are in the window, as far as it has been looked at. */
export function restartsIn(window: RestartWindow): number {
  return window.count
}

/** Notes a restart at `now`; false when it is one too many. A restart exactly `withinMs` ago still counts. */
export function admitRestart(window: RestartWindow, now: number, { restarts, withinMs }: Intensity): boolean {
  const from = now - withinMs
  while (window.count > 0 && window.times[window.first]! < from) {
    window.first = (window.first + 1) & (window.times.length - 1)
    window.count--
  }
  if (window.count >= restarts) return false
  if (window.count === window.times.length) grow(window)
  window.times[(window.first + window.count) & (window.times.length - 1)] = now
  window.count++
  return true
}

function grow(window: RestartWindow): void {
  const { times, first } = window
  const grown = new Float64Array(Math.max(4, 2 * times.length))
  grown.set(times.subarray(first))
  grown.set(times.subarray(0, first), times.length - first)
  window.times = grown
  window.first = 0
}
