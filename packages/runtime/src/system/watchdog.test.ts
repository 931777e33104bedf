import { expect, onTestFinished, test, vi } from 'vitest'
import { actor } from '../actor/define.ts'
import type { SystemEvent } from '../contracts/event.ts'
import { systemEnv } from '../dispatch/system-env.ts'
import { InvalidOptionError } from '../errors.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { type ActorSystem, createSystem } from './system.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const told = (system: ActorSystem): SystemEvent[] => {
  const events: SystemEvent[] = []
  system.onEvent(['actor.hung', 'loop.blocked'], (event) => void events.push(event))
  return events
}

const sleeper = actor({
  name: 'sleeper',
  reentrant: ['nap'],
  on: {
    sleep: () => new Promise<void>(() => {}),
    doze: (_state, message: { until: Promise<void> }) => message.until,
    nap: () => new Promise<void>(() => {}),
    spin: (_state, message: { ms: number }) => {
      const until = systemEnv.now() + message.ms
      while (systemEnv.now() < until);
    },
  },
})

test('an actor that is in one message for too long is told of once, within a quarter more than its time', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet, hangMs: 1000 })
  const events = told(system)
  const busy = system.spawn(sleeper, { name: 'busy' })
  const fine = system.spawn(sleeper, { name: 'fine' })
  busy.tell({ type: 'sleep' })
  fine.tell({ type: 'nap' })
  fine.tell({ type: 'doze', until: new Promise((resolve) => env.setTimer(900, resolve)) })
  await env.advance(1000)
  expect(events).toEqual([])
  await env.advance(250)
  expect(events).toMatchObject([{ type: 'actor.hung', path: '/busy', messageType: 'sleep', terminated: false }])
  await env.advance(10_000)
  expect(events.length).toBe(1)
})

test('nobody looks unless asked to, and nobody once the system has stopped', async () => {
  const env = new ManualEnv()
  const idle = createSystem({ env, log: quiet })
  expect(env.pendingTimers).toBe(0)
  await idle.stop()
  const watched = createSystem({ env, log: quiet, hangMs: 100 })
  expect(env.pendingTimers).toBe(1)
  const stopped = watched.stop()
  await env.advance(1000)
  await stopped
  expect(env.pendingTimers).toBe(0)
})

test('a handler that held up the whole loop is noticed afterwards', async () => {
  const system = createSystem({ log: quiet, hangMs: 40 })
  onTestFinished(() => system.stop())
  const events = told(system)
  const ref = system.spawn(sleeper)
  await ref.ask({ type: 'spin', ms: 120 })
  await vi.waitFor(() => expect(events.some((event) => event.type === 'loop.blocked' && event.ms >= 80)).toBe(true))
})

test.each([0, -1, Number.NaN, Infinity, 'soon'])('a hangMs of %s is refused', (hangMs) => {
  expect(() => createSystem({ log: quiet, hangMs: hangMs as number })).toThrow(InvalidOptionError)
})
