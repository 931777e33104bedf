// How often something was seen, for a bounded number of things: what was not seen for longest is forgotten first.

/** What was seen, and how often; the last seen last. Plain data. */
export type Tally = readonly { readonly key: string; readonly times: number }[]

const maxKeys = 16

/** Once more. */
export function tallied(tally: Tally, key: string): Tally {
  const others = tally.filter((entry) => entry.key !== key)
  return [...others.slice(-(maxKeys - 1)), { key, times: timesOf(tally, key) + 1 }]
}

/** How often it was seen. */
export function timesOf(tally: Tally, key: string): number {
  return tally.find((entry) => entry.key === key)?.times ?? 0
}

/** Without one of them. */
export function withoutKey(tally: Tally, key: string): Tally {
  return tally.filter((entry) => entry.key !== key)
}
