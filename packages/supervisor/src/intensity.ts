// How many restarts are too many: a sliding window over the times of past restarts. OTP's maximum restart intensity, exact in milliseconds.

/** At most `restarts` restarts within `withinMs` milliseconds; one more, and the supervisor gives up. `restarts: 0` gives up at the first. */
export interface Intensity {
  readonly restarts: number
  readonly withinMs: number
}

/** 3 restarts in 5 000 ms, as Elixir has it. */
export const defaultIntensity: Intensity = { restarts: 3, withinMs: 5_000 }

/**
 * Admits a restart at `now`: the times to remember from here on, or `undefined` when it is one too many.
 * A restart exactly `withinMs` ago still counts.
 */
export function admitRestart(times: readonly number[], now: number, intensity: Intensity): readonly number[] | undefined {
  const from = now - intensity.withinMs
  const recent = times.filter((at) => at >= from)
  if (recent.length >= intensity.restarts) return undefined
  recent.push(now)
  return recent
}
