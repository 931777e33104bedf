// A process with a supervisor that keeps its recoveries in files. One child fails at every message until it is told to hold still at a place on its
// ladder; another one only answers. Says what happens as lines of JSON. Lives as long as its standard input is open, or until it is killed.
//   program.ts <directory> <place to hold at> <rungs, comma-separated> <ms until a trial>

import {
  actor,
  child,
  createSystem,
  fileStore,
  ladder,
  recoveryExecutor,
  recoveryOf,
  type RecoveryStore,
  type Rung,
  supervisor,
} from '@understudy/actors'
import { hostOf } from '@understudy/runtime/spi'
import { placeFor, placeOf } from './place.ts'

const [directory = '', holdAt = '', rungList = '', probeMs = ''] = process.argv.slice(2)
const rungs = rungList.split(',') as Rung[]
const hold = Number(holdAt)
const workMs = 20
const restMs = 10

const say = (type: string, more: object = {}): void => void process.stdout.write(`${JSON.stringify({ type, ...more })}\n`)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
/** Where the process before has left the ladder; each failure leads one try further, or to the next rung. */
let place = 0

/** The files, and a word of what they held, and of each write that is safe. */
const files = fileStore(directory)
const store: RecoveryStore = {
  async write(key, value, condition, options) {
    const revision = await files.write(key, value, condition, options)
    say('stored', { place: placeOf(value, rungs) })
    return revision
  },
  async list(prefix) {
    const entries = await files.list(prefix)
    for (const { value } of entries) place = placeOf(value, rungs)
    return entries
  },
}

const gateway = actor({
  name: 'gateway',
  snapshots: { everyMs: 2 },
  state: async () => {
    await pause(restMs)
    return {}
  },
  on: {
    work: async () => {
      await pause(workMs)
      // The process is killed here, in the middle of what it does.
      if (place >= hold) await new Promise(() => {})
      throw Object.assign(new Error('the connection was reset'), { code: 'ECONNRESET' })
    },
  },
})
const clerk = actor({ name: 'clerk', on: { ping: () => 'pong' as const } })

const system = createSystem({
  log: { debug() {}, info() {}, warn: (fields) => say('warn', fields), error: (fields) => say('error', fields) },
})
hostOf(system).provide(recoveryExecutor, {
  able: new Set(['restartThread', 'restartNode'] as const),
  execute({ type }) {
    say('outside', { command: type })
    if (type === 'restartNode') process.kill(process.pid, 'SIGKILL')
  },
})
system.onEvent(['recovery.moved', 'recovery.revived', 'recovery.not-kept'], (event) => {
  if (event.type === 'recovery.moved' && event.event === 'FAILED') place = Math.max(place + 1, placeFor(event.to, 1, rungs))
  say(event.type, event)
})
const policy = ladder({ rungs, tries: 2, probesAfterMs: [Number(probeMs)] })
const children = [child(gateway, { recovery: policy }), child(clerk)]
const definition = supervisor({ name: 'shop', persist: store, intensity: { restarts: 1_000, withinMs: 1_000 }, children })
const shop = system.spawn(definition, { name: 'shop' })

process.stdin.on('end', () => process.exit()).resume()
// Answered as soon as all have been started.
await shop.ask({ type: 'countChildren' })
say('up', {
  answer: await system.ref('/shop/clerk', clerk).ask({ type: 'ping' }),
  recovery: recoveryOf(system, '/shop/gateway'),
  at: Date.now(),
})
const ref = system.ref('/shop/gateway', gateway)
for (;;) {
  await pause(restMs)
  if (recoveryOf(system, '/shop/gateway')?.standing !== 'parked') ref.tell({ type: 'work' })
}
