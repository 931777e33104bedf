// What is played, as plain JSON: a tree of children, and what happens to it, one event after the other. Erlang, our supervisor and the
// model play the same scripts and write their traces in the same words.

export type RestartType = 'permanent' | 'transient' | 'temporary'
export type StaticStrategy = 'one-for-one' | 'one-for-all' | 'rest-for-one'

/** Every child of a script. Ids are unique in a script, so that a trace needs no paths. */
interface Node {
  readonly id: string
  readonly restart: RestartType
  readonly significant?: true
}

/** A leaf. How it stops: at once, after 10 ms, or never by itself when it is told to. */
export interface Worker extends Node {
  readonly kind: 'worker'
  readonly stops: 'at-once' | 'slowly' | 'never'
  readonly shutdownMs: number | 'brutal' | 'infinity'
}

interface Limits {
  readonly restarts: number
  /** Whole seconds, for OTP's sake. */
  readonly withinS: number
}

/** A supervisor of named children. */
export interface StaticTree extends Node, Limits {
  readonly kind: 'static'
  readonly strategy: StaticStrategy
  readonly autoShutdown?: 'any-significant' | 'all-significant'
  readonly children: readonly Tree[]
}

/** A `simple_one_for_one` supervisor: its children are copies of one worker, called `<its id>.<number>`. */
export interface DynamicTree extends Node, Limits {
  readonly kind: 'dynamic'
  readonly template: Worker
}

export type Tree = Worker | StaticTree | DynamicTree

/** A management call, by supervisor and child. */
export type Call =
  | readonly ['start', string, Tree]
  | readonly ['terminate' | 'restart' | 'delete' | 'spec', string, string]
  | readonly ['which' | 'count', string]
  | readonly ['start-dynamic' | 'terminate-dynamic', string, string]

/** How a worker ends by itself. */
export type OwnEnd = 'boom' | 'normal' | 'shutdown' | 'shutdown-why' | 'killed'

export type ScriptEvent =
  | Call
  | readonly ['end', string, OwnEnd]
  /** The next so many starts of that worker fail. */
  | readonly ['break', string, number]
  /** Workers of one supervisor crash, and calls arrive, before it looks at any of it. */
  | readonly ['batch', string, readonly string[], readonly Call[]]
  | readonly ['wait', number]
  /** The root's own parent tells it to stop. */
  | readonly ['stop']

export interface Script {
  readonly seed: number
  /** Starts that fail from the beginning, by worker. */
  readonly broken: Readonly<Record<string, number>>
  readonly tree: StaticTree
  readonly events: readonly ScriptEvent[]
}

/**
 * What came of the start of the tree and of each event, one line each. Words: `+a` a starts (a supervisor: before its children),
 * `!a` the start of worker a fails, `-a:why` a ends, `=answer` of a call; `none` when there was nobody to do it to.
 */
export type Trace = readonly string[]

/** A script and what came of it on Erlang/OTP. */
export interface Recording extends Script {
  readonly trace: Trace
}

/** Every supervisor and worker of a tree, from the root down. */
export function nodesOf(tree: Tree): Tree[] {
  return tree.kind === 'static' ? [tree, ...tree.children.flatMap(nodesOf)] : [tree]
}

/**
 * One line of a trace. Children of a `simple_one_for_one` stop side by side, in no order, so their ends are sorted where they stand
 * together; answers come last, as they belong to the event and not to a moment of it.
 */
export function traceLine(happened: readonly string[], answers: readonly string[]): string {
  const words: string[] = []
  let together: string[] = []
  for (const word of [...happened, '']) {
    if (/^-\w+\.\d+:/.test(word)) {
      together.push(word)
      continue
    }
    words.push(...together.sort(), word)
    together = []
  }
  return [...words.filter((word) => word !== ''), ...answers.map((answer) => `=${answer}`)].join(' ')
}
