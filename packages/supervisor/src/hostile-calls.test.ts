// Whatever is sent to a supervisor, it refuses or ignores it, and its children do not notice.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorDefinition, Protocol } from '@understudy/runtime'
import { ManualEnv } from '@understudy/runtime/testing'
import { expect, test } from 'vitest'
import { child } from './child.ts'
import { dynamicSupervisor } from './dynamic/dynamic-supervisor.ts'
import { supervisor } from './supervisor.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const worker = actor({ name: 'worker', on: {} })

const calls = [
  'startChild',
  'terminateChild',
  'restartChild',
  'deleteChild',
  'getChildSpec',
  'whichChildren',
  'countChildren',
  'supervisor.retry',
]
const cycle: Record<string, unknown> = {}
cycle.cycle = cycle
const odd: unknown[] = [
  undefined,
  null,
  0,
  -1,
  Number.NaN,
  '',
  '__proto__',
  'a/b',
  'x'.repeat(10_000),
  true,
  [],
  {},
  cycle,
  () => 1,
  Symbol('s'),
  1n,
]
const fields = ['id', 'ref', 'child', 'input', 'order']

const supervisors: Record<string, ActorDefinition<Protocol>> = {
  static: supervisor({ name: 'sup', children: [child(worker)] }) as unknown as ActorDefinition<Protocol>,
  dynamic: dynamicSupervisor({ name: 'sup', child: worker }) as unknown as ActorDefinition<Protocol>,
}

test.each(Object.keys(supervisors))('a %s supervisor is harmed by no call, whatever is in it', async (kind) => {
  const env = new ManualEnv({ seed: 1 })
  const system = createSystem({ env, log: quiet })
  const failures: string[] = []
  system.onEvent((event) => {
    if (event.type === 'actor.failed') failures.push(`${event.path}: ${event.cause}`)
  })
  const sup = system.spawn(supervisors[kind]!, { name: 'sup' })
  await env.settle()
  for (const type of calls) {
    sup.tell({ type } as never)
    for (const field of fields) {
      for (const value of odd) for (const order of [undefined, 'retry']) sup.tell({ type, order, [field]: value } as never)
      sup.tell({ type, [field]: { address: null } } as never)
      sup.tell({ type, [field]: { definition: { name: 'x', start: () => 1, handlers: { find: 1 } } } } as never)
      sup.tell({ type, [field]: { ...child(worker), id: {}, restart: 'transient' } } as never)
    }
    await env.settle()
  }
  expect(failures).toEqual([])
  const counts = sup.ask({ type: 'countChildren' } as never)
  await env.settle()
  expect(await counts).toMatchObject({ supervisors: 0 })
  const stopped = system.stop()
  await env.advance(10_000)
  await stopped
  expect(system.counters.waiting).toBe(0)
})
