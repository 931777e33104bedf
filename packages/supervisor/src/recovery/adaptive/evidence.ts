// What a child's recoveries have taught: for each signature of a failure and each try of a rung, how often it mended, and what it cost.
// Plain JSON. Old evidence fades, so that a world that has changed is noticed.

/** What is known of one try of a rung for one signature. */
export interface Evidence {
  /** How often it mended and did not; fractions, as the past counts for less. */
  readonly mended: number
  readonly failed: number
  /** How long it took on average until the child ran, where it mended, and until it had failed again, where it did not. */
  readonly mendedMs: number
  readonly failedMs: number
}

/** What is known of one signature: by the name of the try. */
interface Lesson {
  readonly signature: string
  /** When something was learned last, in monotonic milliseconds. */
  readonly at: number
  readonly tries: Readonly<Record<string, Evidence>>
}

/** All that is known; what was not seen for longest comes first. */
export type Memory = readonly Lesson[]

/** How a try ended. */
export interface Outcome {
  readonly signature: string
  /** The name of the try: its rung, and the how-manieth. */
  readonly name: string
  readonly mended: boolean
  /** Absent when the clock has begun anew meanwhile. */
  readonly costMs: number | undefined
}

/** When, and how fast it fades. */
export interface Fading {
  readonly at: number
  readonly halfLifeMs: number
}

// So much, and no number longer than need be: a recovery has to go into a record of the store.
const maxSignatures = 24
// Only the last twenty or so outcomes of a try count. With more, a cause that changes after hundreds of failures would not be noticed.
const maxWeight = 20

/** Once more seen. */
export function learn(memory: Memory, { signature, name, mended, costMs }: Outcome, fading: Fading): Memory {
  const { [name]: known = nothingSeen, ...others } = recall(memory, signature, fading)
  const keep = Math.min(1, (maxWeight - 1) / (known.mended + known.failed))
  const faded = { ...known, mended: known.mended * keep, failed: known.failed * keep }
  const seen = mended
    ? { ...faded, mended: faded.mended + 1, mendedMs: mean(faded.mendedMs, faded.mended, costMs) }
    : { ...faded, failed: faded.failed + 1, failedMs: mean(faded.failedMs, faded.failed, costMs) }
  const rounded = Object.fromEntries(Object.entries(seen).map(([field, value]) => [field, round(value as number)])) as unknown as Evidence
  const rest = memory.filter((lesson) => lesson.signature !== signature).slice(-(maxSignatures - 1))
  return [...rest, { signature, at: fading.at, tries: { ...others, [name]: rounded } }]
}

/** What is known of a signature now. A clock that has begun anew lets nothing fade. */
export function recall(memory: Memory, signature: string, { at, halfLifeMs }: Fading): Readonly<Record<string, Evidence>> {
  const lesson = memory.find((known) => known.signature === signature)
  if (lesson === undefined) return {}
  const left = 0.5 ** (Math.max(0, at - lesson.at) / halfLifeMs)
  return Object.fromEntries(
    Object.entries(lesson.tries).map(([name, seen]) => [
      name,
      { ...seen, mended: round(seen.mended * left), failed: round(seen.failed * left) },
    ]),
  )
}

const nothingSeen: Evidence = { mended: 0, failed: 0, mendedMs: 0, failedMs: 0 }

function mean(known: number, weight: number, more: number | undefined): number {
  return more === undefined ? known : known + (more - known) / (weight + 1)
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
