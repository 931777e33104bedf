// Machines where actors go: beneath a supervisor, as the workers of a pool, in virtual time.

import { child, createSystem, machineActor, machineState, pool, reply, supervisor } from '@understudy/actors'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const meter = setup({
  types: { context: {} as { n: number }, events: {} as { type: 'bump' } | { type: 'read' } | { type: 'break' } },
}).createMachine({
  id: 'meter',
  context: { n: 0 },
  initial: 'running',
  on: {
    bump: { actions: assign({ n: ({ context }) => context.n + 1 }) },
    read: { actions: reply(({ context }) => context.n) },
    break: {
      actions: () => {
        throw new Error('broken')
      },
    },
  },
  states: { running: { after: { 50: 'old' } }, old: {} },
})

test('a supervisor restarts a machine that fails: fresh state, fresh delays, messages kept', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const definition = machineActor(meter, { replies: {} as { read: number } })
  system.spawn(supervisor({ name: 'tree', children: [child(definition)] }), { name: 'tree' })
  const ref = system.ref('/tree/meter', definition)
  await env.advance(40)
  for (const type of ['bump', 'break', 'bump'] as const) ref.tell({ type })
  await env.advance(20)
  expect(await ref.ask({ type: 'read' })).toBe(1)
  expect((await machineState(ref)).value).toBe('running')
  await env.advance(30)
  expect((await machineState(ref)).value).toBe('old')
  await system.stop()
})

test('machines are workers of a pool', async () => {
  const env = new ManualEnv()
  const system = createSystem({ env, log: quiet })
  const meters = system.spawn(pool(machineActor(meter, { replies: {} as { read: number } }), { size: 3, routing: 'round-robin' }))
  await env.settle()
  for (let n = 0; n < 6; n++) meters.tell({ type: 'bump' })
  expect(await Promise.all([1, 2, 3].map(() => meters.ask({ type: 'read' })))).toEqual([2, 2, 2])
  await system.stop()
})
