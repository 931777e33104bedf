// The executor against a hand-written control: what a real system cannot easily be made to do.

import { describeExit, noHandlers, StartFailedError } from '@understudy/runtime/spi'
import type { Child, Command, ExitReason, SupervisionControl } from '@understudy/runtime/spi'
import { expect, test } from 'vitest'
import { Executor } from './executor.ts'
import { backoff } from './recovery/library/backoff.ts'
import { childSpec } from './spec.ts'
import type { ChildSpec } from './spec.ts'
import { oneForOne } from './strategy/one-for-one.ts'

const definition = {
  name: 'worker',
  start: () => undefined,
  handlers: noHandlers,
  capacity: 1,
  overflow: 'reject',
  shutdownMs: 5_000,
} as const

class FakeControl {
  now = 0
  readonly orders: string[] = []
  readonly reports: string[] = []
  readonly timers = new Set<{ at: number; callback: () => void }>()
  readonly children = new Map<string, Child>()
  spawnFails = 0

  readonly control: SupervisionControl = {
    env: { now: () => this.now, random: () => 0 } as SupervisionControl['env'],
    path: '/sup',
    spawn: (_definition, { name }) => {
      this.orders.push(`spawn ${name}`)
      if (this.spawnFails-- > 0) throw new Error('name taken')
      const child = { name, life: 'starting', incarnation: 1, attempt: 0 } as Child
      this.children.set(name!, child)
      return child
    },
    order: (child: Child, command: Command) => void this.orders.push(`${command.type} ${child.name}`),
    exit: (reason: ExitReason) => void this.orders.push(`exit ${describeExit(reason)}`),
    after: (delayMs, callback) => {
      const timer = { at: this.now + delayMs, callback }
      this.timers.add(timer)
      return timer
    },
    cancel: (handle) => void this.timers.delete(handle as never),
    report: (_level, event) => void this.reports.push(event.type),
  }

  /** Fires all timers, at their time or `early` milliseconds before it. */
  fire(early = 0): void {
    for (const timer of [...this.timers]) {
      this.timers.delete(timer)
      this.now = Math.max(this.now, timer.at - early)
      timer.callback()
    }
  }
}

const failure: ExitReason = { cause: new Error('crash'), phase: 'handling', incarnation: 1, attempt: 1 }

function setUp(children: readonly ChildSpec[], restarts = 9): { fake: FakeControl; executor: Executor; abort: AbortController } {
  const fake = new FakeControl()
  return {
    fake,
    executor: new Executor(fake.control, { strategy: oneForOne, intensity: { restarts, withinMs: 5_000 }, children }),
    abort: new AbortController(),
  }
}

const waits = childSpec(definition, { id: 'a', recovery: backoff({ restartsAtOnce: 0 }) })

test('a child that cannot even be spawned is a failed start', async () => {
  const { fake, executor, abort } = setUp([waits])
  fake.spawnFails = 1
  await expect(executor.boot(abort.signal)).rejects.toThrow(StartFailedError)
  expect(fake.orders).toEqual(['spawn a'])
})

test('a timer that fires early is armed again for what is left', async () => {
  const { fake, executor, abort } = setUp([waits])
  const booted = executor.boot(abort.signal)
  executor.started(fake.children.get('a')!)
  await booted
  executor.down(fake.children.get('a')!, failure)
  fake.fire(0.25)
  expect(fake.orders).toEqual(['spawn a'])
  expect([...fake.timers]).toMatchObject([{ at: 100 }])
  fake.fire()
  expect(fake.orders).toEqual(['spawn a', 'restart a'])
})

test('giving up is reported, clears all timers and ends the supervisor with shutdown', async () => {
  const { fake, executor, abort } = setUp([waits, childSpec(definition, { id: 'b' })], 0)
  const booted = executor.boot(abort.signal)
  for (const id of ['a', 'b']) executor.started(fake.children.get(id)!)
  await booted
  executor.down(fake.children.get('a')!, failure)
  expect(fake.timers.size).toBe(1)
  executor.down(fake.children.get('b')!, failure)
  expect(fake.orders.slice(2)).toEqual(['remove b', 'exit shutdown'])
  expect(fake.reports).toEqual(['recovery.moved', 'actor.backoff', 'recovery.moved', 'supervisor.gave-up'])
  expect(fake.timers.size).toBe(0)
})

test('when the supervisor is stopped, its boot and the calls that wait end at once', async () => {
  const { fake, executor, abort } = setUp([waits])
  const booted = executor.boot(abort.signal)
  const answer = executor.call({ type: 'terminateChild', id: 'a' })
  abort.abort()
  expect(await booted).toBe(executor)
  expect(await answer).toMatchObject({ ok: false, error: 'stopping' })
  expect(fake.timers.size).toBe(0)
})
