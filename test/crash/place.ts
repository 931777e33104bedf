// A place on a ladder of two tries a rung as one number, which grows with every failure: what a crash may not set back.

/** The place that a stored recovery stands for: 0 for none, 1 for the first try on the first rung. */
export function placeOf(bytes: Uint8Array, rungs: readonly string[]): number {
  if (bytes.byteLength === 0) return 0
  const { recovery } = JSON.parse(new TextDecoder().decode(bytes)) as Stored
  const { value, context } = recovery.snapshot
  return placeFor(value, context.tried, rungs)
}

/** The place of a try on a rung. */
export function placeFor(rung: string, tried: number, rungs: readonly string[]): number {
  return rungs.indexOf(rung) * 2 + Math.max(1, tried)
}

interface Stored {
  readonly recovery: {
    readonly snapshot: { readonly value: string; readonly context: { readonly tried: number } }
    readonly timers: Readonly<Record<string, { readonly dueAt: number }>>
  }
}

/** When the timers of a stored recovery are due, in wall-clock time. */
export function dueTimesOf(bytes: Uint8Array): number[] {
  return Object.values((JSON.parse(new TextDecoder().decode(bytes)) as Stored).recovery.timers).map(({ dueAt }) => dueAt)
}
