// What the program can be told on the command line, and what is wrong with what it was told.

import { parseArgs } from 'node:util'

/** A wrong option; the message says which and what to type. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Its options. */
export interface Options {
  readonly seed: number
  /** In virtual time: no waiting. */
  readonly fast: boolean
  /** How many times as fast as in real life. */
  readonly speed: number
  readonly help: boolean
}

const flags = {
  seed: { type: 'string' },
  speed: { type: 'string' },
  fast: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const
const defaultSeed = 7
const defaultSpeed = 3

export const help = `Flaky gateway: payments, and a bank that gets slow, breaks and heals. Every payment is accepted once or refused with a reason.

  pnpm gateway [options]

  --seed <n>      of payments, failures and jitter. Default ${defaultSeed}
  --speed <n>     how many times as fast as in real life, 1 to 60. Default ${defaultSpeed}: a minute in about 18 s
  --fast          in virtual time: done at once, and the same for the same seed
  --help          this text

  NO_COLOR is honoured. Exit codes: 0 the books balance · 1 they do not · 2 usage · 130 interrupted`

/** Reads the options. @throws UsageError */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args)
  if (values.fast === true && values.speed !== undefined) throw usage('--fast takes no time at all, so --speed says nothing', '--fast')
  return {
    seed: wholeNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? defaultSeed,
    speed: wholeNumber('speed', values.speed, 1, 60) ?? defaultSpeed,
    fast: values.fast === true,
    help: values.help === true,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags, allowPositionals: false }).values
  } catch (cause) {
    // Node's own advice, about arguments that begin with a dash, is for other programs.
    throw usage((cause as Error).message.split('. ')[0]!, '--help')
  }
}

function wholeNumber(name: keyof typeof flags, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw usage(`--${name} is '${text}'; it must be a whole number from ${least} to ${most}`, `--${name} ${least + 1}`)
}

function usage(what: string, instead: string): UsageError {
  return new UsageError(`${what}\ntry: pnpm gateway ${instead}`)
}
