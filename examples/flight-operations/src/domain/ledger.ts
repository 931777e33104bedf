// Which flights are done with, as runs of ids: since flights stream in order, 20 000 of them are a few runs, and at the end one.

/** First and last id of a run, both included. */
export type Run = readonly [first: number, last: number]

/** A set of ids: runs in order, with a gap between each two. Plain data, so it is stored and sent as it is. */
export type Ledger = readonly Run[]

export const emptyLedger: Ledger = []

/** Whether the id is in the ledger. */
export function has(ledger: Ledger, id: number): boolean {
  let low = 0
  let high = ledger.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first, last] = ledger[middle]!
    if (id < first) high = middle - 1
    else if (id > last) low = middle + 1
    else return true
  }
  return false
}

/** The ledger with these ids too, given in any order; those that it has already change nothing. */
export function record(ledger: Ledger, ids: Iterable<number>): Ledger {
  const runs = [...ledger, ...Array.from(ids, (id): Run => [id, id])].sort((a, b) => a[0] - b[0])
  const merged: [number, number][] = []
  for (const [first, last] of runs) {
    const previous = merged.at(-1)
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
    else merged.push([first, last])
  }
  return merged
}

/** How many ids it has. */
export function size(ledger: Ledger): number {
  return ledger.reduce((sum, [first, last]) => sum + last - first + 1, 0)
}

/** The highest id, -1 when there is none. */
export function highest(ledger: Ledger): number {
  return ledger.at(-1)?.[1] ?? -1
}

/** How many of the ids `0 … count - 1` it does not have. */
export function missing(ledger: Ledger, count: number): number {
  const within = ledger.filter(([first]) => first < count).map(([first, last]): Run => [first, Math.min(last, count - 1)])
  return count - size(within)
}
