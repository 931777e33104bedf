// Tells the story: one line per thing worth knowing, with the time since the start.

/** Whole numbers as people read them: 20 000. */
export function readable(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
}

/** A bar of 20 characters. */
export function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 20)
  return '█'.repeat(full) + '░'.repeat(20 - full)
}

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

/** Where the story goes. */
export interface Narrator {
  /** A line with the time before it. */
  tell(text: string): void
  /** A line of its own, or an empty one. */
  line(text?: string): void
  readonly elapsedMs: number
}

/** Narrates to a stream. */
export function narrateTo(stream: NodeJS.WriteStream): Narrator {
  const startedAt = performance.now()
  const narrator: Narrator = {
    tell: (text) => void stream.write(`  ${(narrator.elapsedMs / 1_000).toFixed(1).padStart(5)}s  ${text}\n`),
    line: (text = '') => void stream.write(text === '' ? '\n' : `  ${text}\n`),
    get elapsedMs() {
      return performance.now() - startedAt
    },
  }
  return narrator
}
