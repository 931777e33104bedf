// What a row is, and short words to write one.

import type { DynamicTree, OwnEnd, ScriptEvent, StaticTree, Trace, Tree, Worker } from '../script.ts'

/** A row: its name, and a script with what comes of it. The first line is of the start of the tree; a `stop` is not among the events. */
export interface Row {
  readonly row: string
  readonly tree: StaticTree
  readonly broken?: Readonly<Record<string, number>>
  readonly events: readonly ScriptEvent[]
  readonly trace: Trace
}

type Of<T> = Partial<Omit<T, 'kind' | 'id'>>

/** Permanent, stops at once. */
export function worker(id: string, of: Of<Worker> = {}): Worker {
  return { kind: 'worker', id, restart: 'permanent', stops: 'at-once', shutdownMs: 2_000, ...of }
}

/** Permanent, one_for_one, three restarts in an hour. */
export function tree(id: string, children: readonly Tree[], of: Of<StaticTree> = {}): StaticTree {
  return { kind: 'static', id, restart: 'permanent', strategy: 'one-for-one', restarts: 3, withinS: 3_600, ...of, children }
}

/** The same of the dynamic kind; its template is told as a worker is. */
export function dynamic(id: string, template: Of<Worker> = {}, of: Of<DynamicTree> = {}): DynamicTree {
  return { kind: 'dynamic', id, restart: 'permanent', restarts: 3, withinS: 3_600, template: worker('t', template), ...of }
}

/** What every script has at its top. */
export const root = (children: readonly Tree[], of: Of<StaticTree> = {}): StaticTree => tree('r', children, of)
/** Four plain workers. */
export const [a, b, c, d] = [worker('a'), worker('b'), worker('c'), worker('d')]
/** A crash. */
export const boom = (id: string): ScriptEvent => ['end', id, 'boom']

/** All ways in which a worker ends by itself. */
export const ends: readonly OwnEnd[] = ['normal', 'shutdown', 'shutdown-why', 'boom', 'killed']

/** Whether a transient child that ends so is not restarted. */
export const isOrderly = (how: OwnEnd): boolean => how !== 'boom' && how !== 'killed'
