// Has an actor in a thread killed, in the middle of a restart or of a start, and then nothing more to do.

import { type AnyRef, actor, child, createSystem, restartAtOnce, supervisor } from '@understudy/actors'
import { slow } from '../guests.fixture.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const system = createSystem({ log: quiet })
const teller = system.spawn(actor({ name: 'teller', on: { note: () => {} } })) as AnyRef
const isolation = { thread: 'shared' }
const shutdownMs = 20

if (process.argv[2] === 'restart') {
  const input = { startMs: 0, stopMs: 0, restartMs: 2000, teller }
  system.spawn(supervisor({ name: 'sup', children: [child(slow, { isolation, shutdownMs, recovery: restartAtOnce(), input })] }), {
    name: 'sup',
  })
  const ref = system.ref('/sup/slow', slow)
  await ref.ask({ type: 'hi' })
  ref.tell({ type: 'fail' })
  await ref.ask({ type: 'hi' })
} else {
  const input = { startMs: 3_600_000, stopMs: 0, teller }
  const late = child(slow, { id: 'late', isolation, shutdownMs, input })
  const boss = system.spawn(supervisor({ name: 'sup', children: [late] }), { name: 'sup' })
  // Somebody else lives in that thread, so that it stays.
  await system.spawn(slow, { isolation, input: { ...input, startMs: 0 } }).ask({ type: 'hi' })
  await new Promise<void>((gone) => {
    system.onEvent('actor.stopped', () => gone())
    system.spawn(actor({ name: 'end', state: (_none: undefined, ctx) => ctx.exit(boss, 'killed'), on: {} }))
  })
}
console.log('nothing more to do')
