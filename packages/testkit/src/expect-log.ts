// Expectations of what is written to the log while something runs.

import { ExpectationError, show } from './expectation-error.ts'
import { matches } from './matches.ts'
import { type Patience, staysQuiet, waitUntil } from './patience.ts'
import type { LogLevel, LogLine, RecordingLogger } from './recording-logger.ts'

/** Which log lines are meant; what is left out may be anything. */
export interface LogPattern {
  readonly level?: LogLevel
  /** A part of the text, or a pattern for it. */
  readonly text?: string | RegExp
  /** Fields that the line must have; compared as `probe.expect` does. Runtime events have their type as field `event`. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** How many lines: exactly so many; 0 means it must not be written. Default: at least one. */
  readonly times?: number
}

/**
 * Runs `body` and waits until the lines it expects are written; resolves with those. Lines from before do not count.
 *
 * Use when: the log is part of what an actor promises, such as one warning per failure.
 */
export async function expectLog(
  log: RecordingLogger,
  pattern: LogPattern,
  body: () => unknown,
  patience: Patience = {},
): Promise<readonly LogLine[]> {
  const from = log.lines.length
  await body()
  const { times } = pattern
  const found = (): readonly LogLine[] => log.lines.slice(from).filter((line) => fits(pattern, line))
  if (times !== 0) await waitUntil(log.env, () => found().length >= (times ?? 1), patience.withinMs)
  // A line too many may still come.
  if (times !== undefined) await staysQuiet(log.env, () => found().length > times, times === 0 ? patience.withinMs : undefined)
  const lines = found()
  if (times === undefined ? lines.length > 0 : lines.length === times) return lines
  const wanted = times === undefined ? 'a log line' : `${times} log lines`
  const others = log.lines.slice(from).map(({ level, text }) => `\n  ${level} ${text}`)
  throw new ExpectationError(
    `expected ${wanted} like ${show(pattern)}, found ${lines.length}; written were:${others.join('') || ' none'}`,
    {
      expected: pattern,
      actual: lines,
    },
  )
}

function fits({ level, text, fields = {} }: LogPattern, line: LogLine): boolean {
  if (level !== undefined && line.level !== level) return false
  if (typeof text === 'string' && !line.text.includes(text)) return false
  if (text instanceof RegExp && !text.test(line.text)) return false
  return Object.entries(fields).every(([name, value]) => matches(value, line.fields[name]))
}
