// Machines where actors go: beneath a supervisor, as the workers of a pool, in virtual time.

import { child, machineActor, machineState, pool, reply, supervisor } from '@understudy/actors'
import { testSystem } from '@understudy/testkit'
import { expect, test } from 'vitest'
import { assign, setup } from 'xstate'

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
  await using system = testSystem()
  const definition = machineActor(meter, { replies: {} as { read: number } })
  system.spawn(supervisor({ name: 'tree', children: [child(definition)] }), { name: 'tree' })
  const ref = system.ref('/tree/meter', definition)
  await system.advance(40)
  for (const type of ['bump', 'break', 'bump'] as const) ref.tell({ type })
  await system.advance(20)
  expect(await ref.ask({ type: 'read' })).toBe(1)
  expect((await machineState(ref)).value).toBe('running')
  await system.advance(30)
  expect((await machineState(ref)).value).toBe('old')
})

test('machines are workers of a pool', async () => {
  await using system = testSystem()
  const meters = system.spawn(pool(machineActor(meter, { replies: {} as { read: number } }), { size: 3, routing: 'round-robin' }))
  await system.settle()
  for (let n = 0; n < 6; n++) meters.tell({ type: 'bump' })
  expect(await Promise.all([1, 2, 3].map(() => meters.ask({ type: 'read' })))).toEqual([2, 2, 2])
})
