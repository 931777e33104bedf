// What both programs can be told on the command line, and what is wrong with what they were told.

import { parseArgs, type ParseArgsConfig } from 'node:util'
import { defaultFlightsFile } from './data/flights.ts'

/** A wrong option; the message says which and what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What a node of the example can be told. */
export interface NodeOptions {
  /** The file of flights. */
  readonly data: string
  /** New flights per second; default: all flights in about 18 s. */
  readonly rate: number | undefined
  readonly seed: number
}

/** Its options, for `parseArgs`. */
const nodeFlags = { data: { type: 'string' }, rate: { type: 'string' }, seed: { type: 'string' } } as const
const defaultSeed = 2001
const storyMs = 18_000

/** Reads the options that a node has. @throws UsageError */
export function readNodeOptions(args: readonly string[]): NodeOptions {
  return nodeOptionsOf(parse(args, nodeFlags))
}

/** What the demo can be told beyond that. */
export interface DemoOptions extends NodeOptions {
  readonly nodes: number
  readonly faults: boolean
  readonly json: boolean
  readonly verbose: boolean
  readonly help: boolean
}

const demoFlags = {
  ...nodeFlags,
  nodes: { type: 'string' },
  'no-faults': { type: 'boolean' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

export const demoHelp = `Flight operations: 20 000 flights over a cluster whose leader is killed half-way, and not one is lost or counted twice.

  pnpm demo [options]

  --nodes <n>     how many nodes, 1 to 9; faults need 2. Default 3
  --no-faults     nothing is killed or frozen
  --data <file>   a JSON array of flights: date, delay, distance, origin, destination
  --rate <n>      new flights per second. Default: so many that it takes 18 s
  --seed <n>      of the flaky workers. Default ${defaultSeed}
  --json          the result as one JSON object, the last line on standard output; the story goes to standard error
  --verbose       also every line that the nodes log, on standard error`

/** Reads the options of the demo. @throws UsageError */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const values = parse(args, demoFlags)
  const faults = values['no-faults'] !== true
  const nodes = wholeNumber('nodes', values.nodes, 1, 9) ?? 3
  if (faults && nodes < 2 && values.help !== true)
    throw new UsageError('--nodes is 1: somebody must be left when the leader is killed. Give 2 or more, or --no-faults')
  return {
    ...nodeOptionsOf(values),
    nodes,
    faults,
    json: values.json === true,
    verbose: values.verbose === true,
    help: values.help === true,
  }
}

/** The pace at which so many flights take about 18 s, but not slower than a hundred a second. */
export function defaultRate(flights: number): number {
  return Math.max(100, Math.ceil(flights / (storyMs / 1_000)))
}

function nodeOptionsOf(values: { readonly data?: string; readonly rate?: string; readonly seed?: string }): NodeOptions {
  return {
    data: values.data ?? defaultFlightsFile,
    rate: wholeNumber('rate', values.rate, 1, 100_000),
    seed: wholeNumber('seed', values.seed, 0, Number.MAX_SAFE_INTEGER) ?? defaultSeed,
  }
}

function parse<O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause })
  }
}

function wholeNumber(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(`--${name} is '${text}'; it must be a whole number from ${least} to ${most}`)
}
