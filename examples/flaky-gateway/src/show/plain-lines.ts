// One line per thing worth knowing: for pipes, logs and CI.

import type { Audience, Progress } from '../play.ts'
import { clockTime, type Line, lineFor, type Paint, readable } from './wording.ts'

const everyMs = 5_000

/** Tells the story line by line. */
export function plainLines(write: (text: string) => void, paint: Paint): Audience {
  let toldMs = 0
  const say = (atMs: number, { tone, glyph, text }: Line): void => write(`  ${clockTime(atMs)}  ${paint(tone, glyph)} ${text}\n`)
  return {
    note: (atMs, text) => say(atMs, { tone: 'warning', glyph: '!', text }),
    event(event) {
      const line = lineFor(event)
      if (line !== undefined) say(event.at, line)
    },
    progress(progress) {
      if (progress.atMs - toldMs < everyMs) return
      toldMs = progress.atMs
      say(progress.atMs, { tone: 'dim', glyph: '·', text: figures(progress).join(' · ') })
    },
  }
}

/** How far it is: what was decided, and what is still to be done. */
export function figures({
  handedIn,
  accepted,
  onStandIn,
  refused,
  unadvised,
  owedReceipts,
}: Progress): readonly [decided: string, open: string] {
  const undecided = handedIn - accepted - refused
  return [
    `payments ${readable(handedIn)} · accepted ${readable(accepted)} (${readable(onStandIn)} without the bank) · refused ${readable(refused)}`,
    `undecided ${readable(undecided)} · to tell the bank ${readable(unadvised)} · receipts owed ${readable(owedReceipts)}`,
  ]
}
