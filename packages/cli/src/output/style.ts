// How lines look on this terminal: colours, glyphs, the clock. Status is always glyph and word; colour only repeats it.
import pc from 'picocolors'

/** What a line is about, at a glance. */
export type Mood = 'good' | 'waiting' | 'warning' | 'bad' | 'over' | 'plain'

type Colours = ReturnType<typeof pc.createColors>

/** Chosen once per output stream. */
export interface Style {
  readonly colours: Colours
  /** One character per mood. */
  readonly glyphs: Readonly<Record<Mood, string>>
  /** `clock` for a person who watches (12:04:07.112, local), `iso` for a file. */
  readonly time: 'clock' | 'iso'
}

const unicode: Style['glyphs'] = { good: '●', waiting: '↻', warning: '!', bad: '✗', over: '○', plain: ' ' }
const ascii: Style['glyphs'] = { good: '*', waiting: '%', warning: '!', bad: 'x', over: '-', plain: ' ' }

/** Colours only on a terminal (or with FORCE_COLOR), never with NO_COLOR; ASCII glyphs where the locale says that it is not UTF-8. */
export function chooseStyle(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  const colourful = !env['NO_COLOR'] && (forced || (isTerminal && env['TERM'] !== 'dumb'))
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || 'UTF-8'
  return {
    colours: pc.createColors(colourful),
    glyphs: /utf-?8/i.test(locale) ? unicode : ascii,
    time: isTerminal ? 'clock' : 'iso',
  }
}

/** The colour of a mood, out of the sixteen that the user's theme defines. */
export function paint({ colours }: Style, mood: Mood, text: string): string {
  switch (mood) {
    case 'good':
      return colours.green(text)
    case 'waiting':
    case 'warning':
      return colours.yellow(text)
    case 'bad':
      return colours.red(text)
    case 'over':
      return colours.dim(text)
    case 'plain':
      return text
  }
}
