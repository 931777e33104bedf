// What each event of the system looks like in one line: mood and word first, then whom it is about, then what one wants to know next.
import type { LogRecord } from '../log-record.ts'
import { formatDuration } from './duration.ts'
import { printable } from './printable.ts'
import type { Mood } from './style.ts'

/** An event in parts; the line puts them into columns. */
export interface EventLine {
  readonly mood: Mood
  readonly word: string
  /** The actor, node or singleton that the event is about; may be empty. */
  readonly subject: string
  readonly text: string
}

type Write = (event: Readonly<Record<string, unknown>>) => EventLine

const duration = (value: unknown): string => (typeof value === 'number' ? formatDuration(value) : '?')
const nodeName = (value: unknown): string => printable((value as { name?: unknown } | null | undefined)?.name ?? value ?? '?')
const say = (mood: Mood, word: string, subject: unknown, ...parts: (string | false)[]): EventLine => ({
  mood,
  word,
  subject: subject === '' ? '' : printable(subject ?? '?'),
  text: parts.filter((part) => part !== false && part !== '').join(' · '),
})
const named = (name: string, value: unknown): string | false => value !== undefined && `${name} ${printable(value)}`
const why = (value: unknown): string | false => value !== undefined && printable(value)

/** One entry per event type, in the words of contracts/event.ts of the runtime. */
const known: Readonly<Record<string, Write>> = {
  'actor.failed': (e) => say('bad', 'failed', e['path'], why(e['cause']), named('in', e['phase']), named('incarnation', e['incarnation'])),
  'actor.backoff': (e) => say('waiting', 'backoff', e['path'], named('attempt', e['attempt']), `retry in ${duration(e['delayMs'])}`),
  'actor.restarted': (e) => say('waiting', 'restarted', e['path'], named('incarnation', e['incarnation']), named('attempt', e['attempt'])),
  'actor.stopped': (e) => say('over', 'stopped', e['path'], why(e['reason'])),
  'supervisor.gave-up': (e) =>
    say('bad', 'gave up', e['path'], named('child', e['child']), `${printable(e['restarts'])} restarts in ${duration(e['withinMs'])}`),
  'recovery.replaced': (e) => say('warning', 'replaced', e['path'], named('recovery machine', e['machine']), why(e['cause'])),
  'dead-letter': (e) => {
    const letter = (e['letter'] ?? {}) as { reason?: unknown; target?: unknown; message?: { type?: unknown } }
    return say('warning', 'dead letter', letter.target, named('message', letter.message?.type), why(letter.reason))
  },
  'node.up': (e) => say('good', 'up', nodeName(e['node']), named('incarnation', incarnation(e['node']))),
  'node.joined': (e) => say('good', 'joined', nodeName(e['node']), named('incarnation', incarnation(e['node']))),
  'node.trusted': (e) => say('good', 'trusted', nodeName(e['node'])),
  'node.suspect': (e) => say('warning', 'suspect', nodeName(e['node']), why(e['why'])),
  'node.down': (e) => say('bad', 'down', nodeName(e['node']), why(e['why'])),
  'node.left': (e) => say('over', 'left', nodeName(e['node'])),
  'node.displaced': (e) => say('bad', 'displaced', nodeName(e['node']), why(e['why'])),
  'link.lost': (e) => say('warning', 'link lost', '', why(e['why'])),
  'link.restored': (e) => say('good', 'link back', '', `after ${duration(e['downMs'])}`),
  'frames.lost': (e) => say('warning', 'lost', nodeName(e['from']), `${printable(e['missing'])} frames missing`),
  'frame.refused': (e) => say('warning', 'refused', '', why(e['why']), `${printable(e['bytes'])} bytes`),
  'singleton.leading': (e) => say('good', 'leading', e['name'], named('epoch', e['epoch']), `takeover ${duration(e['takeoverMs'])}`),
  'singleton.followed': (e) => say('over', 'following', e['name'], named('epoch', e['epoch']), `led by ${nodeName(e['owner'])}`),
  'singleton.lost': (e) => say('warning', 'lost', e['name'], named('epoch', e['epoch']), why(e['why'])),
  'singleton.fenced': (e) => say('bad', 'fenced', e['name'], named('epoch', e['epoch']), why(e['why'])),
  // What the launcher itself has to say about a process.
  'process.started': (e) => say('plain', 'started', '', named('pid', e['processId'])),
  'process.exited': (e) => say(e['level'] === 30 ? 'over' : 'bad', 'exited', '', why(e['how'])),
}

/** The parts of a known event's line; `undefined` for any other record. */
export function describeEvent(record: LogRecord): EventLine | undefined {
  const type = record['event']
  return typeof type === 'string' && Object.hasOwn(known, type) ? known[type]?.(record) : undefined
}

function incarnation(node: unknown): unknown {
  return (node as { incarnation?: unknown } | null | undefined)?.incarnation
}
