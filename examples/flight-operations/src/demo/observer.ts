// What the demo can see and ask, through the control node, while nodes come and go.

import { setTimeout as delay } from 'node:timers/promises'
import { clearance } from '../actors/clearance.ts'
import { feed, type FeedProgress } from '../actors/feed.ts'
import { operations, type Progress } from '../actors/operations.ts'
import { towersOf, townsOf } from '../actors/towns.ts'
import type { Book } from '../domain/book.ts'
import type { ReadModel } from '../domain/read-model.ts'
import type { DemoCluster } from './demo-cluster.ts'

const askAgainMs = 20

/** Asks and counts. */
export class Observer {
  readonly #cluster: Pick<DemoCluster, 'control' | 'nodes'>
  /** Counters begin anew with each leader; what each epoch had last is kept. */
  readonly #redelivered = new Map<number, number>()
  readonly #duplicates = new Map<number, number>()
  #workerRestarts = 0

  constructor(cluster: Pick<DemoCluster, 'control' | 'nodes'>) {
    this.#cluster = cluster
    for (const node of cluster.nodes.values()) {
      node.lines(({ record }) => {
        if (record?.['event'] === 'actor.restarted' && String(record['path']).includes(`/${clearance.name}/`)) this.#workerRestarts++
      })
    }
  }

  get workerRestarts(): number {
    return this.#workerRestarts
  }

  get redelivered(): number {
    return sum(this.#redelivered)
  }

  get duplicates(): number {
    return sum(this.#duplicates)
  }

  /** Where operations stands; waits for a leader as long as it takes. */
  async progress(): Promise<Progress> {
    const progress = await persistently(() => this.#cluster.control.singleton(operations).ask({ type: 'progress' }, { timeoutMs: 1_000 }))
    this.#duplicates.set(progress.epoch, progress.duplicates)
    return progress
  }

  async feed(): Promise<FeedProgress> {
    const progress = await persistently(() => this.#cluster.control.singleton(feed).ask({ type: 'progress' }, { timeoutMs: 1_000 }))
    this.#redelivered.set(progress.epoch, progress.redelivered)
    return progress
  }

  book(): Promise<Book> {
    return persistently(() => this.#cluster.control.singleton(operations).ask({ type: 'book' }, { timeoutMs: 1_000 }))
  }

  /** Every tower's figures, by airport, and how many nodes have towers. An airport with two towers is an error. */
  async towers(): Promise<{ readonly models: Record<string, ReadModel>; readonly nodes: number; readonly twice: readonly string[] }> {
    const { control } = this.#cluster
    const towns = townsOf(control)
    const found = await Promise.all(towns.map((town) => towersOf(control, town).ask({ type: 'figures' }, { timeoutMs: 2_000 })))
    const airports = found.flatMap((models) => Object.keys(models))
    const twice = airports.filter((airport, index) => airports.indexOf(airport) !== index)
    return { models: Object.assign({}, ...found) as Record<string, ReadModel>, nodes: towns.length, twice }
  }
}

/** Asks until there is an answer: while leaders change there may be none for a moment. Whoever calls bounds the time. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch {
      await delay(askAgainMs)
    }
  }
}

function sum(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}
