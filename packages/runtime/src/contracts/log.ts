// Where log lines go: four levels, fields first, as pino has it.

/** A structured logger. pino's instances fit as they are. */
export interface Logger {
  debug(fields: object, text: string): void
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
  /** Whether lines of this level go anywhere: those that do not are not even written. Default: all do. */
  isLevelEnabled?(level: string): boolean
}
