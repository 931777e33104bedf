// How something that is sampled now and then stands against what is normal for it. Pure.

/** How a trend is read. */
export interface TrendRules {
  /** What a window of samples comes to: their mean, or the least of them. */
  readonly reads: 'mean' | 'least'
  /** What is normal counts as at least so much: next to nothing, everything would be many times as much. */
  readonly floor: number
  /** By which share of the way what is normal follows what is, window by window, upwards. Downwards it follows at once. */
  readonly drift: number
}

/** What is remembered of one series. */
export interface Trend {
  readonly sum: number
  readonly least: number
  readonly samples: number
  readonly windows: number
  readonly normal: number
}

/** How many windows are only learnt from: they end in what is normal. */
const learning = 6

/** Nothing is known yet. */
export const noTrend: Trend = { sum: 0, least: Infinity, samples: 0, windows: 0, normal: 0 }

/** One more sample. */
export function sample(trend: Trend, value: number): Trend {
  return { ...trend, sum: trend.sum + value, least: Math.min(trend.least, value), samples: trend.samples + 1 }
}

/** The window is over: what it comes to, as a ratio to what is normal. 1 while that is still being learnt. */
export function closeWindow(trend: Trend, { reads, floor, drift }: TrendRules): readonly [Trend, ratio: number] {
  const { sum, least, samples, windows, normal } = trend
  if (samples === 0) return [trend, 1]
  const now = Math.max(floor, reads === 'mean' ? sum / samples : least)
  const isLearning = windows < learning
  const next = isLearning || now < normal ? now : normal + (now - normal) * drift
  return [{ ...noTrend, windows: windows + 1, normal: next }, isLearning ? 1 : now / normal]
}
