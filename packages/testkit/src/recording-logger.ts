// A logger that keeps what it is told.

import type { Env, Logger } from '@understudy/runtime'
import { systemEnv } from '@understudy/runtime'

/** How loud a log line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One log line. */
export interface LogLine {
  readonly level: LogLevel
  readonly fields: Readonly<Record<string, unknown>>
  readonly text: string
  /** Monotonic time in milliseconds. */
  readonly at: number
}

/** A logger that keeps its lines; give it to `createSystem` as `log`. */
export interface RecordingLogger extends Logger {
  /** The lines so far, oldest first. */
  readonly lines: readonly LogLine[]
  /** The Env whose time is in the lines. */
  readonly env: Env
  /** Forgets the lines so far. */
  clear(): void
}

/** Options of `recordingLogger`. */
export interface RecordingLoggerOptions {
  /** Where the times of lines come from, and how `expectLog` waits. Default: the real one. */
  readonly env?: Env
  /** Another logger that gets every line, too. Default: none. */
  readonly forward?: Logger
}

/** Makes a logger that keeps its lines. */
export function recordingLogger(options: RecordingLoggerOptions = {}): RecordingLogger {
  const { env = systemEnv, forward } = options
  const lines: LogLine[] = []
  const write = (level: LogLevel) => (fields: object, text: string) => {
    lines.push({ level, fields: fields as LogLine['fields'], text, at: env.now() })
    forward?.[level](fields, text)
  }
  return {
    lines,
    env,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    clear() {
      lines.length = 0
    },
  }
}
