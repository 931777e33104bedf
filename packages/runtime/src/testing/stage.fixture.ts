// A system in virtual time with everything it says written down, and whose books are checked when its test is over.

import { onTestFinished } from 'vitest'
import type { Cell } from '../actor/cell.ts'
import type { Level, SystemEvent } from '../contracts/event.ts'
import type { Logger } from '../contracts/log.ts'
import type { Message } from '../contracts/message.ts'
import type { SystemHost } from '../system/system-host.ts'
import { type ActorSystem, createSystem, hostOf, type SystemOptions } from '../system/system.ts'
import { expectBalanced } from './balance.ts'
import { ManualEnv } from './manual-env.ts'

export { expectBalanced } from './balance.ts'

/** One log line. */
export interface Line {
  readonly level: Level
  readonly fields: { readonly event?: string; readonly [field: string]: unknown }
  readonly text: string
}

/** A system on a stage: time stands still until it is moved, and nothing is said unheard. */
export interface Stage {
  readonly env: ManualEnv
  readonly system: ActorSystem
  readonly host: SystemHost
  readonly lines: Line[]
  readonly events: SystemEvent[]
  /** The cell at a path. */
  readonly cell: (path: string) => Cell
}

/** Makes a stage. At the end of its test its books must balance, whatever the test was about. */
export function stage(options: Omit<SystemOptions, 'env' | 'log'> & { readonly seed?: number } = {}): Stage {
  const env = new ManualEnv({ seed: options.seed ?? 1 })
  const lines: Line[] = []
  const write = (level: Level) => (fields: object, text: string) => void lines.push({ level, fields: fields as Line['fields'], text })
  const log: Logger = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  const system = createSystem({ ...options, env, log })
  onTestFinished(() => expectBalanced(system))
  const events: SystemEvent[] = []
  system.onEvent((event) => events.push(event))
  const host = hostOf(system) as SystemHost
  return { env, system, host, lines, events, cell: (path) => host.lookup(path, 0) as Cell }
}

/** A promise to be settled by hand. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (cause: unknown) => void
}

/** A handler's work, held in the hands of the test. */
export function deferred<T = void>(): Deferred<T> {
  return Promise.withResolvers<T>()
}

/** Messages of one type with a number, for tests of order. */
export function numbered(count: number, type = 'n'): (Message & { readonly n: number })[] {
  return Array.from({ length: count }, (_, n) => ({ type, n }))
}
