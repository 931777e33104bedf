import { setTimeout as delay } from 'node:timers/promises'
import { type ClusterNode, memoryNetwork, startNode } from '@understudy/actors'
import { expect, onTestFinished, test } from 'vitest'
import { townRole } from './actors/towns.ts'
import { readAirports } from './data/airports.ts'
import { defaultFlightsFile, readFlights } from './data/flights.ts'
import { Observer } from './demo/observer.ts'
import { judge, type Verdict } from './demo/outcome.ts'
import { computePlainly } from './domain/plain.ts'
import type { Row } from './domain/flight.ts'
import { flightOperations } from './root.ts'

const airports = readAirports()
const realRows = readFlights(defaultFlightsFile)
const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const noEvents = {
  killedNode: null,
  takeoverMs: null,
  oldEpoch: 0,
  newEpoch: 0,
  redelivered: 0,
  duplicatesSuppressed: 0,
  workerRestarts: 0,
  wallMs: 0,
  nats: '',
}

async function startNodes(names: readonly string[], rows: readonly Row[], rate: number) {
  const network = memoryNetwork()
  const nodes = await Promise.all(
    names.map((name) => {
      const root = flightOperations({ rows, rate, airports, seed: 1, flakiness: 0.02, workers: 4 })
      return startNode({ cluster: 'flights', name, roles: [townRole], transport: network.transport(), root, log: quiet })
    }),
  )
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => Promise.race([node.leave(), delay(2_000)])))
    for (const node of nodes) expectBalanced(node)
  })
  const observerAt = (name: string): Observer => {
    const control = nodes.find(({ identity }) => identity.name === name)!
    return new Observer({ control, nodes: new Map() })
  }
  return { network, observerAt }
}

/** No message of a node got lost without a word, crashed or not. */
function expectBalanced({ system }: ClusterNode): void {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = system.counters
  expect(sent + received).toBe(handled + rejected + deadLettered + forwarded + waiting)
}

async function pollUntil<T>(probe: () => Promise<T>, isGood: (found: T) => boolean, timeoutMs = 40_000): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (isGood(found)) return found
    if (performance.now() > deadline) throw new Error(`not reached within ${timeoutMs} ms; last: ${JSON.stringify(found).slice(0, 500)}`)
    await delay(20)
  }
}

/** The verdict once the book is full and the towers agree, or after a while what they say instead. */
async function verdict(rows: readonly Row[], observer: Observer): Promise<Verdict> {
  await pollUntil(
    () => observer.progress(),
    ({ distinct }) => distinct === rows.length,
  )
  const book = await observer.book()
  const plain = computePlainly(rows, airports)
  return pollUntil(
    async () => judge(rows.length, plain, book, (await observer.towers()).models, noEvents),
    ({ complaints }) => complaints.length === 0,
  )
}

test('one node alone, without a server, counts every flight exactly once although a worker keeps failing', async () => {
  const rows = realRows.slice(0, 2_000)
  const { observerAt } = await startNodes(['n1'], rows, 10_000)
  const observer = observerAt('n1')
  const { outcome } = await verdict(rows, observer)
  expect(outcome).toMatchObject({ flights: 2_000, counted: 2_000, rejected: 0, lost: 0, doubleCounted: 0, totalsMatch: true })
  expect((await observer.feed()).redelivered).toBeGreaterThan(0)
})

test('odd rows end on the reject list with their reasons, and are not lost', async () => {
  const rows: Row[] = [...realRows.slice(0, 100), { odd: 'the row is null, not a flight' }, { ...realRows[0]!, origin: 'XXX' } as Row]
  const { observerAt } = await startNodes(['n1'], rows, 10_000)
  const observer = observerAt('n1')
  expect((await verdict(rows, observer)).outcome).toMatchObject({ flights: 102, counted: 100, rejected: 2, lost: 0, totalsMatch: true })
  expect((await observer.book()).rejects.toSorted((a, b) => a.id - b.id)).toEqual([
    { id: 100, reason: 'the row is null, not a flight' },
    { id: 101, reason: 'unknown airport XXX' },
  ])
})

test('when the node that leads operations crashes half-way, another goes on, and every flight is counted exactly once', async () => {
  const rows = realRows.slice(0, 4_000)
  const names = ['n1', 'n2', 'n3']
  const { network, observerAt } = await startNodes(names, rows, 2_000)
  const before = await pollUntil(
    () => observerAt('n1').progress(),
    ({ distinct }) => distinct >= rows.length / 2,
  )
  network.crash(before.node)
  const survivor = observerAt(names.find((name) => name !== before.node)!)
  const after = await pollUntil(
    () => survivor.progress(),
    ({ epoch }) => epoch > before.epoch,
  )
  expect(after.node).not.toBe(before.node)
  const { outcome } = await verdict(rows, survivor)
  expect(outcome).toMatchObject({ flights: 4_000, counted: 4_000, rejected: 0, lost: 0, doubleCounted: 0, totalsMatch: true })
})

test('when the leader only hangs and comes back after another took over, nothing that it still does counts', async () => {
  const rows = realRows.slice(0, 4_000)
  const names = ['n1', 'n2', 'n3']
  const { network, observerAt } = await startNodes(names, rows, 2_000)
  const before = await pollUntil(
    () => observerAt('n1').progress(),
    ({ distinct }) => distinct >= rows.length / 2,
  )
  network.freeze(before.node)
  const other = observerAt(names.find((name) => name !== before.node)!)
  const after = await pollUntil(
    () => other.progress(),
    ({ epoch }) => epoch > before.epoch,
  )
  expect(after.node).not.toBe(before.node)
  network.thaw(before.node)
  const { outcome } = await verdict(rows, other)
  expect(outcome).toMatchObject({ flights: 4_000, counted: 4_000, rejected: 0, lost: 0, doubleCounted: 0, totalsMatch: true })
})
