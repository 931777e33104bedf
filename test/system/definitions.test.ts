// Definitions of all kinds, as those who make them hand them out.

import {
  actor,
  clusterPool,
  dynamicSupervisor,
  machineActor,
  partitionSupervisor,
  pool,
  singleton,
  supervisor,
  taskSupervisor,
} from '@understudy/actors'
import { expect, test } from 'vitest'
import { createMachine } from 'xstate'

const worker = actor({ name: 'worker', on: { work() {} } })

test.each<[string, object]>([
  ['an actor with many traits', actor({ name: 'a', state: () => 1, trapExit: true, stopping() {}, on: { work() {} } })],
  ['a machine', machineActor(createMachine({ id: 'machine' }), { postpone: [] })],
  ['a supervisor', supervisor({ name: 'supervisor', children: [] })],
  ['a dynamic supervisor', dynamicSupervisor({ name: 'dynamic', child: worker })],
  ['a task supervisor', taskSupervisor({ name: 'tasks' })],
  ['a partition supervisor', partitionSupervisor({ name: 'partitions', child: worker })],
  ['a pool', pool(worker, { size: 2 })],
  ['a cluster pool', clusterPool(worker, { size: 2 })],
  ['a singleton', singleton(worker)],
])('the definition of %s has the shape of all others: the same fields, in the same order', (_kind, definition) => {
  expect(Object.keys(definition)).toEqual(Object.keys(worker))
})
