// The pino adapter: the default logger of `@understudy/actors`.

import { destination, type LoggerOptions, pino } from 'pino'
import type { Logger } from './contracts/log.ts'

/**
 * A pino logger for a system: NDJSON on standard output, written synchronously so that a crash loses no line.
 *
 * Use when: you want pino's options or have none. An existing pino instance can be passed as `log` as it is.
 */
export function pinoLogger(options: LoggerOptions = {}): Logger {
  return pino(options, destination({ dest: 1, sync: true }))
}
