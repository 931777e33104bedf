// What happens, in words: glyph, word, and a colour that says no more than these.

import { styleText } from 'node:util'
import type { RecoveryInfo, SystemEvent } from '@understudy/actors'

/** A colour for what is so important. */
export type Tone = 'good' | 'busy' | 'warning' | 'bad' | 'parked' | 'plain' | 'dim'

const colours = { good: 'green', busy: 'cyan', warning: 'yellow', bad: 'red', parked: 'magenta', plain: 'reset', dim: 'dim' } as const

/** Colours text for this stream, or does not: as the terminal can, and NO_COLOR and FORCE_COLOR say. */
export type Paint = (tone: Tone, text: string) => string

/** The paint for a stream. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (tone, text) => (tone === 'plain' ? text : styleText(colours[tone], text, { stream }))
}

/** One thing that happened. */
export interface Line {
  readonly tone: Tone
  readonly glyph: string
  readonly text: string
}

/** States of recovery machines as people know them; where two machines mean different things, with the machine's name before. */
const states: Readonly<Record<string, readonly [tone: Tone, glyph: string, word: string]>> = {
  healthy: ['good', '●', 'running'],
  closed: ['good', '●', 'closed'],
  running: ['good', '●', 'running'],
  recovered: ['good', '●', 'well again'],
  proving: ['good', '●', 'running, not forgotten yet'],
  'dependency-gate open': ['good', '●', 'running, not forgotten yet'],
  restarting: ['busy', '◐', 'restarting'],
  waiting: ['warning', '↻', 'backing off'],
  'retry-message waiting': ['warning', '↻', 'tries again'],
  opening: ['warning', '↻', 'about to restart'],
  halfOpen: ['busy', '◐', 'half open, on trial'],
  onTrial: ['busy', '◐', 'on trial'],
  open: ['bad', '✗', 'open, calls wait'],
  shedding: ['bad', '✗', 'open, calls are refused'],
  passed: ['dim', '·', 'no matter of this machine: the next one decides'],
  gated: ['warning', '↻', 'gated: waits for the acquirer'],
  quarantined: ['parked', '⛒', 'quarantined'],
}

function wordFor(machine: string, state: string): readonly [tone: Tone, glyph: string, word: string] {
  return states[`${machine} ${state}`] ?? states[state] ?? ['plain', '·', state]
}

/** Where a recovery stands, in one line. */
export function standing({ policy, state, timers, why }: RecoveryInfo): Line {
  const [tone, glyph, word] = wordFor(policy, state)
  const next = timers.filter(({ key }) => key !== 'stable').toSorted((a, b) => a.dueInMs - b.dueInMs)[0]
  const due = next === undefined ? '' : ` · ${(next.dueInMs / 1_000).toFixed(1)} s`
  return { tone, glyph, text: `${word}${due}${why === undefined ? '' : ` · ${short(why)}`}` }
}

/** What an event says to a spectator; undefined: nothing. */
export function lineFor(event: SystemEvent): Line | undefined {
  switch (event.type) {
    case 'recovery.moved': {
      const [wasTone] = wordFor(event.machine, event.from)
      const [tone, glyph, word] = wordFor(event.machine, event.to)
      // Steps from well to well, and the end of a short wait, are no news.
      if (event.from === event.to || (tone === 'good' && (wasTone === 'good' || wasTone === 'warning'))) return undefined
      const why = event.event === 'FAILED' || event.event === 'PROBE_FAILED' ? ` · ${short(event.why)}` : ''
      return { tone, glyph, text: `${nameOf(event.path).padEnd(9)} ${word}${why}` }
    }
    case 'recovery.replaced':
      return { tone: 'bad', glyph: '✗', text: `${nameOf(event.path).padEnd(9)} ${event.machine} was replaced: ${event.cause}` }
    case 'supervisor.gave-up':
      return { tone: 'bad', glyph: '✗', text: `the gateway gives up on ${event.child}` }
    case 'dead-letter': {
      const { reason, target, message } = event.letter
      if (reason !== 'poison' || nameOf(target) !== 'reader') return undefined
      const { idempotencyKey } = message as { readonly idempotencyKey?: string }
      return { tone: 'parked', glyph: '⛒', text: `reader    ${idempotencyKey} is poison: put aside, and the next one` }
    }
    default:
      return undefined
  }
}

const longest = 100

/** What went wrong, as long as it fits beside everything else. */
function short(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
}

/** The last part of a path or an address. */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/#.*$/, '')
}

/** Whole numbers as people read them: 1 024. */
export function readable(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
}

/** Seconds of the scenario, in a column of its own. */
export function clockTime(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(5)}s`
}
