// The story: the flights flow, the leader is killed half-way, another node freezes for a while, and in the end every figure is compared.

import { setTimeout as delay } from 'node:timers/promises'
import type { SystemEvent } from '@understudy/actors'
import type { Progress } from '../actors/operations.ts'
import type { Book } from '../domain/book.ts'
import { towerDifferences } from '../domain/compare.ts'
import type { PlainResult } from '../domain/plain.ts'
import type { ReadModel } from '../domain/read-model.ts'
import type { DemoCluster } from './demo-cluster.ts'
import { freezeAnother, killLeader, type Takeover } from './faults.ts'
import { bar, duration, type Narrator, readable } from './narrator.ts'
import { Observer } from './observer.ts'
import { judge, type Verdict } from './outcome.ts'

/** What the story is told about. */
export interface Plot {
  readonly flights: number
  readonly plain: PlainResult
  readonly withFaults: boolean
}

const killAtShare = 0.5
const freezeAtShare = 0.75
const pollMs = 100
const startTimeoutMs = 30_000
const towersTimeoutMs = 20_000

/** Runs it to the end. Rejects, saying what is missing, when something does not happen in time. */
export async function tellStory(plot: Plot, cluster: DemoCluster, narrator: Narrator): Promise<Verdict> {
  const { flights } = plot
  const observer = new Observer(cluster)
  narrateEvents(cluster, narrator)
  let progress = await begin(cluster, observer, narrator)
  let takeover: Takeover = { killedNode: null, takeoverMs: null, oldEpoch: progress.epoch, newEpoch: progress.epoch }
  let thawed: Promise<void> | undefined
  const tellProgress = progressTeller(flights, observer, narrator)

  for (; progress.distinct < flights; progress = await observer.progress()) {
    const share = progress.distinct / flights
    tellProgress(progress)
    await observer.feed()
    if (plot.withFaults && takeover.killedNode === null && share >= killAtShare) {
      takeover = await killLeader(progress, cluster, observer, narrator)
    } else if (plot.withFaults && thawed === undefined && share >= freezeAtShare) {
      thawed = freezeAnother(progress, cluster, narrator)
    }
    await delay(pollMs)
  }
  narrator.tell(`all ${readable(flights)} flights are in the book`)
  if (plot.withFaults && thawed === undefined)
    narrator.tell('they were through before every fault had its turn: give more flights, or a lower --rate')
  await thawed
  progress = await observer.progress()

  const book = await observer.book()
  const towers = await untilTowersAgree(book, observer, narrator)
  await observer.feed()
  return judge(flights, plot.plain, book, towers, {
    ...takeover,
    newEpoch: progress.epoch,
    redelivered: observer.redelivered,
    duplicatesSuppressed: observer.duplicates,
    workerRestarts: observer.workerRestarts,
    wallMs: Math.round(narrator.elapsedMs),
    nats: cluster.natsVersion,
  })
}

/** Waits until all nodes are members and both leaders answer. */
async function begin({ control, nodes }: DemoCluster, observer: Observer, narrator: Narrator): Promise<Progress> {
  const deadline = performance.now() + startTimeoutMs
  const absent = (): string[] => [...nodes.keys()].filter((name) => !control.members().some((member) => member.identity.name === name))
  while (absent().length > 0) {
    if (performance.now() > deadline) throw new Error(`not a member after ${duration(startTimeoutMs)}: ${absent().join(', ')}`)
    await delay(20)
  }
  narrator.tell(`${[...nodes.keys()].join(', ')} are members; every one runs clearance workers, one of them flaky`)
  const progress = await observer.progress()
  const feed = await observer.feed()
  narrator.tell(`${progress.node} leads operations, epoch ${progress.epoch}; ${feed.node} leads the feed, epoch ${feed.epoch}`)
  return progress
}

/** The last changes may still be on their way to the towers. */
async function untilTowersAgree(book: Book, observer: Observer, narrator: Narrator): Promise<Record<string, ReadModel>> {
  const deadline = performance.now() + towersTimeoutMs
  for (;;) {
    const found = await observer.towers().catch(() => undefined)
    if (found !== undefined) {
      const figures = Object.fromEntries(Object.entries(found.models).map(([airport, model]) => [airport, model.figures]))
      const isSettled = found.twice.length === 0 && towerDifferences(book.totals, figures).length === 0
      if (isSettled)
        narrator.tell(
          `${readable(Object.keys(figures).length)} towers on ${found.nodes} node${found.nodes === 1 ? '' : 's'} know their airport's figures`,
        )
      if (isSettled) return found.models
      if (performance.now() > deadline) {
        if (found.twice.length > 0)
          throw new Error(`after ${duration(towersTimeoutMs)} these airports have two towers: ${found.twice.join(', ')}`)
        return found.models
      }
    } else if (performance.now() > deadline) throw new Error(`the towers did not answer within ${duration(towersTimeoutMs)}`)
    await delay(pollMs)
  }
}

/** A line at every tenth of the way. */
function progressTeller(flights: number, observer: Observer, narrator: Narrator): (progress: Progress) => void {
  let told = 0
  let toldAt = narrator.elapsedMs
  let toldFlights = 0
  return ({ distinct }) => {
    const tenth = Math.floor((distinct / flights) * 10)
    if (tenth <= told) return
    told = tenth
    const rate = ((distinct - toldFlights) / (narrator.elapsedMs - toldAt)) * 1_000
    toldAt = narrator.elapsedMs
    toldFlights = distinct
    const restarts = observer.workerRestarts
    narrator.tell(
      `${bar(distinct / flights)} ${readable(distinct)} flights · ${readable(rate)}/s · ${restarts} worker restart${restarts === 1 ? '' : 's'}`,
    )
  }
}

/** What the control node sees happen to the others. */
function narrateEvents({ control }: DemoCluster, narrator: Narrator): void {
  control.onEvent((event: SystemEvent) => {
    switch (event.type) {
      case 'node.suspect':
        return narrator.tell(`! ${event.node.name} is suspected: ${event.why}`)
      case 'node.trusted':
        return narrator.tell(`● ${event.node.name} is trusted again`)
      case 'node.down':
        return narrator.tell(`✗ ${event.node.name} is down: ${event.why}`)
      default:
    }
  })
}
