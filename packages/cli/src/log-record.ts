// One line of a node program: NDJSON as pino writes it, or plain text.

/** A parsed NDJSON log line. */
export type LogRecord = Readonly<Record<string, unknown>>

/** One line that a node process wrote. */
export interface NodeLine {
  /** Name of the node that wrote it. */
  readonly node: string
  readonly stream: 'stdout' | 'stderr'
  /** The line as it was written, without its end. */
  readonly raw: string
  /** The line as an object, when it is one in JSON. */
  readonly record?: LogRecord
}

/** Reads a line; whatever is not a JSON object stays plain text. */
export function parseLine(node: string, stream: 'stdout' | 'stderr', raw: string): NodeLine {
  const record = raw.startsWith('{') ? parseObject(raw) : undefined
  return record === undefined ? { node, stream, raw } : { node, stream, raw, record }
}

function parseObject(text: string): LogRecord | undefined {
  try {
    return JSON.parse(text) as LogRecord
  } catch {
    return undefined
  }
}
