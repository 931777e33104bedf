// One log record, one readable line: time, node, glyph and word, text, the fields that matter.
import type { LogRecord, NodeLine } from '../log-record.ts'
import { describeEvent } from './event-line.ts'
import { printable } from './printable.ts'
import type { Mood, Style } from './style.ts'
import { paint } from './style.ts'

const wordWidth = 12
const subjectWidth = 18
const maxFields = 8
/** Said elsewhere in the line, or of no use to a person. */
const unsaid = new Set(['level', 'time', 'pid', 'hostname', 'name', 'node', 'cluster', 'msg', 'event', 'at', 'v'])
const levels: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 }

/** The level of a record as pino's number, whether it was written as a number or a label; 30 when it has none. */
export function levelOf(record: LogRecord): number {
  const level = record['level']
  return typeof level === 'number' ? level : (levels[String(level)] ?? 30)
}

/** Renders a record of a node. `nodeWidth` is the width of the node column. */
export function renderRecord(record: LogRecord, node: string, style: Style, nodeWidth: number): string {
  const event = describeEvent(record)
  const time = `${style.colours.dim(formatTime(record['time'], style.time))}  ${style.colours.bold(node.padEnd(nodeWidth))}  `
  if (event === undefined) return `${time}${renderText(record, style)}`.trimEnd()
  const status = paint(style, event.mood, `${style.glyphs[event.mood]} ${event.word.padEnd(wordWidth)}`)
  const subject = event.subject === '' ? '' : `${event.subject.padEnd(subjectWidth)}  `
  return `${time}${status}${subject}${event.text}`.trimEnd()
}

/** Renders a line that is no record: shown as it is, harmless, without a time since nobody knows when it was written. */
export function renderRaw(line: NodeLine, style: Style, nodeWidth: number): string {
  const time = ''.padEnd(style.time === 'iso' ? 24 : 12)
  const text = printable(line.raw, 2000)
  const shown = line.stream === 'stderr' ? paint(style, 'bad', `| ${text}`) : `| ${text}`
  return `${time}  ${style.colours.bold(line.node.padEnd(nodeWidth))}  ${shown}`
}

/**
 * A line as NDJSON for machines, with the name of the node that wrote it as `node`. A record's own `node` that says something else (the node
 * an event is about) moves to `about`.
 */
export function renderJson(line: NodeLine): string {
  if (line.record === undefined) {
    return JSON.stringify({
      level: line.stream === 'stderr' ? 40 : 30,
      time: Date.now(),
      node: line.node,
      stream: line.stream,
      msg: line.raw,
    })
  }
  const { node, ...rest } = line.record
  return JSON.stringify({ ...rest, ...(node === undefined || node === line.node ? {} : { about: node }), node: line.node })
}

function renderText(record: LogRecord, style: Style): string {
  const level = levelOf(record)
  const mood: Mood = level >= 50 ? 'bad' : level >= 40 ? 'warning' : 'plain'
  const message = record['msg'] ?? record['event'] ?? ''
  const text = `${style.glyphs[mood]} ${printable(message, 500)}`
  return `${level < 30 ? style.colours.dim(text) : paint(style, mood, text)}  ${style.colours.dim(renderFields(record))}`
}

function renderFields(record: LogRecord): string {
  const entries = Object.entries(record).filter(([name]) => !unsaid.has(name) || (name === 'event' && record['msg'] !== undefined))
  const shown = entries.slice(0, maxFields).map(([name, value]) => `${printable(name, 40)}=${renderValue(name, value)}`)
  if (entries.length > maxFields) shown.push(`+${entries.length - maxFields} more`)
  return shown.join(' ')
}

function renderValue(name: string, value: unknown): string {
  if ((name === 'err' || name === 'error' || name === 'cause') && typeof value === 'object' && value !== null) {
    const { type, name: className, message } = value as { type?: unknown; name?: unknown; message?: unknown }
    if (message !== undefined) return `${printable(type ?? className ?? 'Error')}: ${printable(message)}`
  }
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Math.round(value * 1000) / 1000)
  return printable(value, 80)
}

function formatTime(value: unknown, form: Style['time']): string {
  const date = new Date(typeof value === 'number' || typeof value === 'string' ? value : Date.now())
  if (Number.isNaN(date.getTime())) return form === 'iso' ? '?'.padEnd(24) : '?'.padEnd(12)
  if (form === 'iso') return date.toISOString()
  const two = (part: number): string => String(part).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
