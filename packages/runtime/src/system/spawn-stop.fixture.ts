// Spawns and stops actors by the million and says what they left on the heap. Run by leaks.test.ts in a process of its own, with
// --expose-gc: what other tests leave behind must not count, and a young heap must be there to measure.

import { actor, type AnyContext } from '../actor/define.ts'
import type { AnyRef } from '../contracts/ref.ts'
import { systemEnv } from '../dispatch/system-env.ts'
import { createSystem } from './system.ts'

const collect = (globalThis as { gc?: () => void }).gc
if (collect === undefined) throw new Error('run with --expose-gc')

const batch = 1000
const plain = actor({ name: 'plain', on: { end: (_state, _message, ctx) => ctx.stop() } })

/** Uses everything that is kept about an actor anywhere: timers, a stash, watches, links, names, groups, children, open asks. */
const busy = actor({
  name: 'busy',
  trapExit: true,
  state: ({ friend, n }: { friend: AnyRef; n: number }, ctx: AnyContext) => {
    ctx.after('soon', 60_000, { type: 'end' })
    ctx.every('often', 60_000, { type: 'end' })
    ctx.watch(friend)
    ctx.link(friend)
    ctx.register(`busy-${n}`)
    ctx.join('busy')
    ctx.spawn(plain, { name: 'child' })
    return { isStashed: false }
  },
  on: {
    end: (state, _message, ctx) => {
      if (state.isStashed) ctx.stop()
      else {
        state.isStashed = true
        ctx.self.ask({ type: 'nothing' }).catch(() => {})
        ctx.stash()
        ctx.unstashAll()
      }
    },
  },
})

const system = createSystem({ log: { debug() {}, info() {}, warn() {}, error() {} } })
const friend = system.spawn(
  actor({
    name: 'friend',
    trapExit: true,
    state: (_: undefined, ctx) => ({ watch: (ref: AnyRef) => ctx.watch(ref) }),
    on: { watch: (state, { ref }: { ref: AnyRef }) => state.watch(ref) },
  }),
)

let spawned = 0
const otherTurns = (): Promise<void> => new Promise((resolve) => systemEnv.afterIo(resolve))

async function cycles(count: number, spawn: (n: number) => AnyRef): Promise<void> {
  for (const until = spawned + count; spawned < until;) {
    const refs = Array.from({ length: batch }, () => spawn(spawned++))
    for (const ref of refs) ref.tell({ type: 'end' })
    await otherTurns()
  }
  while (system.counters.waiting > 0) await otherTurns()
}

function heapBytes(): number {
  for (let round = 0; round < 4; round++) collect!()
  return process.memoryUsage().heapUsed
}

async function bytesEach(count: number, spawn: (n: number) => AnyRef): Promise<number> {
  // Warm: compiled code, grown queues and the ring of dead letters stay.
  await cycles(Math.min(count, 50_000), spawn)
  const before = heapBytes()
  await cycles(count, spawn)
  return (heapBytes() - before) / count
}

const [plainCount, busyCount] = process.argv.slice(2).map(Number) as [number, number]
const left = {
  plain: await bytesEach(plainCount, (n) => system.spawn(plain, n % 2 === 0 ? {} : { name: `named-${n}` })),
  busy: await bytesEach(busyCount, (n) => {
    const ref = system.spawn(busy, { input: { friend, n } })
    friend.tell({ type: 'watch', ref })
    return ref
  }),
}
const { waiting, sent, handled, rejected, deadLettered } = system.counters
await system.stop()
console.log(JSON.stringify({ ...left, waiting, isBalanced: sent === handled + rejected + deadLettered, names: system.registered().length }))
