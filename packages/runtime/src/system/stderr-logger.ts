// The logger of a system that was given none: one JSON object a line on standard error, warnings and errors only. No dependency.

import type { Logger } from '../contracts/log.ts'

function write(level: string, fields: object, text: string): void {
  process.stderr.write(`${JSON.stringify({ level, ...fields, msg: text }, stackOf)}\n`)
}

function stackOf(_key: string, value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? String(value)) : value
}

/** Writes warnings and errors to standard error; drops the rest. */
export const stderrLogger: Logger = {
  debug() {},
  info() {},
  warn: (fields, text) => write('warn', fields, text),
  error: (fields, text) => write('error', fields, text),
  isLevelEnabled: (level) => level === 'warn' || level === 'error',
}
