// A process is killed in the middle of each rung of a ladder. The next one goes on where it was: what was tried stays tried, and what was waited
// for is waited for no longer than before.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { fileStore } from '@understudy/actors'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { until } from '../contract/poll-until.ts'
import { dueTimesOf, placeFor, placeOf } from './place.ts'

const program = fileURLToPath(new URL('./program.ts', import.meta.url))
const rungs = ['retry', 'resume', 'restart', 'previous', 'group', 'thread', 'process', 'quarantine']
const last = placeFor('quarantine', 1, rungs)

interface Line {
  readonly type: string
  readonly place?: number
  readonly to?: string
  readonly event?: string
  readonly state?: string
  readonly command?: string
  readonly at?: number
  readonly recovery?: { readonly state: string; readonly standing?: string; readonly timers: readonly { readonly dueInMs: number }[] }
}

let directory: string
const processes = new Set<ChildProcess>()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-crash-'))
})
afterEach(async () => {
  for (const process of processes) process.kill('SIGKILL')
  await Promise.all([...processes].map(ended))
  await rm(directory, { recursive: true, force: true })
})

/** One life of the process. */
class Life {
  readonly lines: Line[] = []
  readonly process: ChildProcess
  isOver = false

  constructor(holdAt: number, trialMs: number) {
    const args = ['--conditions=understudy-source', program, directory, String(holdAt), rungs.join(','), String(trialMs)]
    this.process = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    processes.add(this.process)
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.lines.push(JSON.parse(line) as Line))
    void ended(this.process).then(() => (this.isOver = true))
  }

  /** The first line for which this holds. */
  async line(what: string, is: (line: Line) => boolean): Promise<Line> {
    await until(what, () => this.isOver || this.lines.some(is))
    const found = this.lines.find(is)
    if (found === undefined) throw new Error(`the process ended before: ${what}`)
    return found
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await ended(this.process)
  }

  /** The places that were stored, in this order. */
  get places(): number[] {
    return this.lines.flatMap(({ type, place }) => (type === 'stored' && place !== undefined ? [place] : []))
  }
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) await once(process, 'close')
  processes.delete(process)
}

/** What lies in the files, as the next process will find it. */
async function onDisk(): Promise<{ place: number; dueAt: number[] }> {
  const [entry] = await fileStore(directory).list('')
  return entry === undefined ? { place: 0, dueAt: [] } : { place: placeOf(entry.value, rungs), dueAt: dueTimesOf(entry.value) }
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const rungOf = (place: number): string => rungs[(place - 1) >> 1]!

const someTime = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('killed in the middle of each rung, the ladder goes on where it was, and no try is made anew', async () => {
  const draw = random(1)
  const killedIn = new Set<string>()
  let place = 0
  for (const rung of rungs) {
    // In the first or the second try. (Of quarantine there is one, and at each try of `process` the process kills itself.)
    const holdAt = placeFor(rung, rung === 'quarantine' || draw() < 0.5 ? 1 : 2, rungs)
    while (place < holdAt) {
      const life = new Life(holdAt, 600_000)
      await life.line('the process is up', ({ type }) => type === 'up')
      if (place > 0) expect(life.lines.find(({ type }) => type === 'recovery.revived')).toMatchObject({ state: rungOf(place) })
      await until(`the place ${holdAt} is stored`, () => life.isOver || life.places.some((stored) => stored >= holdAt))
      // Any moment: in the handler, in the start, in a write, or while nothing happens.
      await someTime(draw() * 40)
      await life.kill()
      const found = (await onDisk()).place
      const places = [place, ...life.places, found]
      expect(places, 'what was tried stays tried').toEqual(places.toSorted((a, b) => a - b))
      expect(found, 'each life gets further, and no further than it was let').toBeGreaterThan(place)
      expect(found).toBeLessThanOrEqual(holdAt)
      // A failure leads one try further, and nothing else does.
      expect(found - place).toBeLessThanOrEqual(
        life.lines.filter(({ type, event }) => type === 'recovery.moved' && event === 'FAILED').length,
      )
      place = found
      killedIn.add(rungOf(place))
    }
  }
  expect([...killedIn]).toEqual(rungs)
  expect(place).toBe(last)
})

test('killed at any moment whatever, again and again, it still comes to the end of its ladder', async () => {
  const draw = random(2)
  let place = 0
  let lives = 0
  while (place < last && ++lives < 20) {
    const life = new Life(Infinity, 600_000)
    await life.line('the process is up', ({ type }) => type === 'up')
    // Without the first move there would be no progress, and no end.
    await life.line('something is stored', (line) => line.place !== undefined && line.place > place)
    await someTime(draw() * 120)
    await life.kill()
    const found = (await onDisk()).place
    expect(found).toBeGreaterThanOrEqual(Math.max(place, ...life.places))
    place = found
  }
  expect(place).toBe(last)
  expect(lives).toBeGreaterThan(2)
})

test('quarantine outlives the process: it stays down, its siblings serve, and its trial comes when it was due, or at once if that was meanwhile', async () => {
  const first = new Life(Infinity, 5_000)
  await first.line('the rung of the process', ({ command }) => command === 'restartNode')
  await ended(first.process)
  // The process has ended itself, twice, and each time it was written before that it would.
  const second = new Life(Infinity, 5_000)
  await ended(second.process)
  expect((await onDisk()).place).toBeGreaterThanOrEqual(last - 1)

  const third = new Life(Infinity, 5_000)
  await third.line('quarantine is stored', ({ place }) => place === last)
  await third.kill()
  const { dueAt } = await onDisk()
  expect(dueAt).toHaveLength(1)

  const fourth = new Life(Infinity, 5_000)
  const up = await fourth.line('the process is up', ({ type }) => type === 'up')
  expect(up).toMatchObject({ answer: 'pong', recovery: { state: 'quarantine', standing: 'parked' } })
  const due = up.at! + up.recovery!.timers[0]!.dueInMs
  expect(Math.abs(due - dueAt[0]!), 'the deadline is the one of the process before').toBeLessThan(100)
  expect(fourth.lines.filter(({ type }) => type === 'recovery.moved')).toEqual([])
  await fourth.kill()

  await until('the trial is due', () => Date.now() > dueAt[0]!)
  const fifth = new Life(Infinity, 5_000)
  await fifth.line('the trial', ({ to }) => to === 'onTrial')
  // It has failed on trial: back in quarantine, and the wait is a new one.
  await fifth.line('quarantine is stored', ({ place }) => place === last)
  await fifth.kill()
})
