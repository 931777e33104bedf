// A compact view for a terminal, drawn over itself: each part with where its recovery stands, the figures, and the last things that happened.

import { stripVTControlCharacters } from 'node:util'
import type { Audience, Progress } from '../play.ts'
import { lastPaymentMs } from '../domain/scenario.ts'
import { figures } from './plain-lines.ts'
import { clockTime, lineFor, type Line, type Paint, standing } from './wording.ts'

const kept = 8
const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearBelow = '\u001b[J'

/** The view, until `end`. */
export interface LiveView extends Audience {
  /** Leaves the last frame where it is and gives the cursor back. */
  end(): void
}

/** Draws on a terminal. */
export function liveView(stream: NodeJS.WriteStream, paint: Paint): LiveView {
  const happened: string[] = []
  let drawn = 0
  let latest: Progress | undefined
  const keep = (atMs: number, { tone, glyph, text }: Line): void => {
    happened.push(`${clockTime(atMs)}  ${paint(tone, glyph)} ${text}`)
    if (happened.length > kept) happened.shift()
  }
  const draw = (): void => {
    if (latest === undefined) return
    const lines = [...frame(latest, paint), '', ...happened].map((line) => `  ${fit(line, (stream.columns || 80) - 3)}`)
    // One write for each frame, over the last one: nothing flickers.
    stream.write(`${drawn === 0 ? hideCursor : `\u001b[${drawn}A\r`}${clearBelow}${lines.join('\n')}\n`)
    drawn = lines.length
  }
  return {
    note: (atMs, text) => keep(atMs, { tone: 'warning', glyph: '!', text: paint('warning', text) }),
    event(event) {
      const line = lineFor(event)
      if (line !== undefined) keep(event.at, line)
    },
    progress(progress) {
      latest = progress
      draw()
    },
    end() {
      draw()
      if (drawn > 0) stream.write(showCursor)
    },
  }
}

function frame(progress: Progress, paint: Paint): string[] {
  const { atMs, recoveries } = progress
  const share = Math.min(1, atMs / lastPaymentMs)
  const bar = '█'.repeat(Math.round(share * 20)).padEnd(20, '░')
  return [
    `${clockTime(atMs)}  ${bar}`,
    ...figures(progress),
    '',
    ...recoveries.map((recovery) => {
      const { tone, glyph, text } = standing(recovery)
      return `${paint(tone, glyph)} ${recovery.path.slice('/gateway/'.length).padEnd(10)} ${recovery.own.padEnd(21)} ${paint(tone, text)}`
    }),
  ]
}

/** Cut to the width, colours left out where there is not room enough. */
function fit(line: string, width: number): string {
  const bare = stripVTControlCharacters(line)
  return bare.length <= width ? line : `${bare.slice(0, width - 1)}…`
}
