// How many restarts are too many: a sliding window over the times of past restarts. OTP's maximum restart intensity, exact in milliseconds.

/** At most `restarts` restarts within `withinMs` milliseconds; one more, and the supervisor gives up. `restarts: 0` gives up at the first. */
export interface Intensity {
  readonly restarts: number
  readonly withinMs: number
}

/** 3 restarts in 5 000 ms, as Elixir has it. */
export const defaultIntensity: Intensity = { restarts: 3, withinMs: 5_000 }

/**
 * The restarts that count, oldest first: a queue in an array, so that a restart costs the same however many are remembered. Those
 * before `first` are out of the window; their room is taken back once they are more than half.
 */
export interface RestartWindow {
  readonly times: number[]
  first: number
}

/** A window without restarts. */
export function emptyWindow(): RestartWindow {
  return { times: [], first: 0 }
}

/** How many restarts are in the window, as far as it has been looked at. */
export function restartsIn(window: RestartWindow): number {
  return window.times.length - window.first
}

/** Notes a restart at `now`; false when it is one too many. A restart exactly `withinMs` ago still counts. */
export function admitRestart(window: RestartWindow, now: number, { restarts, withinMs }: Intensity): boolean {
  const { times } = window
  const from = now - withinMs
  while (window.first < times.length && times[window.first]! < from) window.first++
  if (restartsIn(window) >= restarts) return false
  if (window.first * 2 > times.length) {
    times.copyWithin(0, window.first)
    times.length -= window.first
    window.first = 0
  }
  times.push(now)
  return true
}
