import { expect, test } from 'vitest'
import { actor } from '../actor/define.ts'
import { deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'

test('phases run one after the other, then mailboxes run empty, then actors stop', async () => {
  const { env, system } = stage()
  const calls: string[] = []
  const worker = actor({
    name: 'worker',
    on: {
      work: async (_state, { n }: { n: number }) => {
        await new Promise<void>((resolve) => env.setTimer(30, resolve))
        calls.push(`work ${n}`)
      },
    },
    stopped: () => void calls.push('stopped'),
  })
  const ref = system.spawn(worker)
  for (const n of [1, 2, 3]) ref.tell({ type: 'work', n })
  const report = system.shutdown({
    phases: [
      { name: 'intake', run: () => calls.push('intake closed') },
      { name: 'gateway', run: () => new Promise<void>((resolve) => env.setTimer(10, resolve)).then(() => calls.push('gateway closed')) },
    ],
  })
  expect(system.shutdown()).toBe(report)
  await env.advance(200)
  expect(calls).toEqual(['intake closed', 'gateway closed', 'work 1', 'work 2', 'work 3', 'stopped'])
  const { phases, deadLettered } = await report
  expect(phases.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(['intake done', 'gateway done', 'drain done', 'stop done'])
  expect([phases[1]!.tookMs, deadLettered, env.pendingTimers]).toEqual([10, 0, 0])
  expectBalanced(system)
})

test('a phase that fails or overruns is reported, and the next one begins', async () => {
  const { env, system, events } = stage()
  const told: number[] = []
  const gate = deferred()
  system.spawn(actor({ name: 'stuck', shutdownMs: 'infinity', on: { hold: () => gate.promise } }), { name: 'stuck' }).tell({ type: 'hold' })
  const report = system.shutdown({
    phases: [
      {
        name: 'bad',
        run() {
          throw new Error('no')
        },
      },
      { name: 'slow', timeoutMs: 50, run: (signal) => new Promise(() => signal.addEventListener('abort', () => told.push(env.now()))) },
    ],
    drainTimeoutMs: 100,
    stopTimeoutMs: 200,
  })
  await env.advance(400)
  const { phases, deadLettered } = await report
  expect(phases).toEqual([
    { name: 'bad', outcome: 'failed', tookMs: 0, cause: new Error('no') },
    { name: 'slow', outcome: 'timed-out', tookMs: 50 },
    { name: 'drain', outcome: 'timed-out', tookMs: 100 },
    { name: 'stop', outcome: 'timed-out', tookMs: 200 },
  ])
  expect(told).toEqual([50])
  // What was cut off is a dead letter, not nothing.
  expect(deadLettered).toBe(1)
  expect(events.filter(({ type }) => type === 'shutdown.phase')).toHaveLength(4)
  expectBalanced(system)
})

test.each([
  ['phases[0].run', { phases: [{ name: 'a' }] }],
  ['phases[0].name', { phases: [{ run() {} }] }],
  ['phases[0].timeoutMs', { phases: [{ name: 'a', run() {}, timeoutMs: -1 }] }],
  ['drainTimeoutMs', { drainTimeoutMs: Number.NaN }],
  ['stopTimeoutMs', { stopTimeoutMs: '1s' }],
])('a bad %s is refused before anything has begun', async (field, options) => {
  const { system } = stage()
  await expect(system.shutdown(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', field })
})
