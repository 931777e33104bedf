// What is done to the cluster on purpose.

import { setTimeout as delay } from 'node:timers/promises'
import type { Progress } from '../actors/operations.ts'
import type { DemoCluster } from './demo-cluster.ts'
import { duration, type Narrator, readable } from './narrator.ts'
import type { Observer } from './observer.ts'
import type { Events } from './outcome.ts'

/** The death of a leader and who came after it. */
export type Takeover = Pick<Events, 'killedNode' | 'takeoverMs' | 'oldEpoch' | 'newEpoch'>

const freezeMs = 3_000

/** Kills the node that leads operations; resolves when another one answers in its place. */
export async function killLeader(before: Progress, cluster: DemoCluster, observer: Observer, narrator: Narrator): Promise<Takeover> {
  const { node, epoch, distinct } = before
  narrator.tell(`✗ kill -9 ${node}, which leads operations (epoch ${epoch}, ${readable(distinct)} flights in the book)`)
  const killedAt = performance.now()
  cluster.kill(node)
  let after = await observer.progress()
  while (after.epoch <= epoch) {
    await delay(5)
    after = await observer.progress()
  }
  const takeoverMs = Math.round(performance.now() - killedAt)
  narrator.tell(`● ${after.node} leads operations, epoch ${after.epoch}, and answers ${duration(takeoverMs)} after the kill`)
  return { killedNode: node, takeoverMs, oldEpoch: epoch, newEpoch: after.epoch }
}

/** Freezes a node, one that does not lead operations if there is one. Resolves when it runs again. */
export async function freezeAnother({ node: leader }: Progress, { nodes }: DemoCluster, narrator: Narrator): Promise<void> {
  const left = [...nodes.values()].filter(({ isRunning }) => isRunning)
  const chosen = left.find(({ name }) => name !== leader) ?? left[0]
  if (chosen === undefined) return
  narrator.tell(`! SIGSTOP ${chosen.name} for ${duration(freezeMs)}`)
  chosen.pause()
  await delay(freezeMs)
  chosen.resume()
  narrator.tell(`● SIGCONT ${chosen.name}`)
}
