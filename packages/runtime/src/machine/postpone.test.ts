// Postponing, as OTP's gen_statem has it: an event that comes at the wrong time waits for the state to change.

import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import type { Message, Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { machineActor } from './machine-actor.ts'
import { postpone, reply } from './machine-actions.ts'

/** A worker that takes jobs only when it is free, and one at a time. */
function worker(said: unknown[], later: 'by action' | 'by option') {
  return createMachine({
    id: 'worker',
    initial: 'busy',
    on: {
      say: { actions: ({ event }) => said.push(event.n) },
      fail: {
        actions: () => {
          throw new Error('no')
        },
      },
    },
    states: {
      busy: { on: { free: 'free', ...(later === 'by action' && { job: { actions: postpone() } }) } },
      free: { on: { job: { target: 'busy', actions: [({ event }) => said.push(`job ${event.n}`), reply(({ event }) => event.n)] } } },
    },
  })
}

const tell = (ref: Ref<Protocol>, ...messages: readonly Message[]): void => messages.forEach((message) => ref.tell(message as never))

test.each(['by action', 'by option'] as const)(
  'a postponed event (%s) comes when the state changes, in order, before what waits',
  async (later) => {
    const { system, env } = stage()
    const said: unknown[] = []
    const ref = system.spawn(machineActor(worker(said, later), later === 'by option' ? { postpone: ['job'] } : {})) as Ref<Protocol>
    tell(ref, { type: 'job', n: 1 } as never, { type: 'job', n: 2 } as never, { type: 'free' }, { type: 'say', n: 'waited' } as never)
    await env.settle()
    // The first job makes the worker busy again, so the second one is postponed once more.
    expect(said).toEqual(['job 1', 'waited'])
    tell(ref, { type: 'free' })
    await env.settle()
    expect(said).toEqual(['job 1', 'waited', 'job 2'])
    expectBalanced(system)
  },
)

test('a postponed ask is answered when its time has come', async () => {
  const { system } = stage()
  const ref = system.spawn(machineActor(worker([], 'by action')))
  const asked = ref.ask({ type: 'job', n: 7 } as never)
  ref.tell({ type: 'free' } as never)
  expect(await asked).toBe(7)
})

test('postponed events survive a restart', async () => {
  const { system, env } = stage()
  const said: unknown[] = []
  let ref!: Ref<Protocol>
  const chief = boss({ start: (control) => void (ref = control.spawn(machineActor(worker(said, 'by action')), {}).ref) })
  chief.onDown = (child) => chief.control.order(child, { type: 'restart' })
  system.spawn(chief.definition)
  tell(ref, { type: 'job', n: 1 } as never, { type: 'fail' })
  await env.settle()
  expect(said).toEqual([])
  tell(ref, { type: 'free' })
  await env.settle()
  expect(said).toEqual(['job 1'])
  expectBalanced(system)
})

test('what is over the bound is refused, and the machine goes on', async () => {
  const { system, env } = stage()
  const said: unknown[] = []
  const ref = system.spawn(machineActor(worker(said, 'by action'), { mailbox: { stashCapacity: 1 } })) as Ref<Protocol>
  tell(ref, { type: 'job', n: 1 } as never)
  await expect(ref.ask({ type: 'job', n: 2 } as never)).rejects.toMatchObject({ code: 'MAILBOX_FULL', outcome: 'never-handled' })
  tell(ref, { type: 'free' })
  await env.settle()
  expect(said).toEqual(['job 1'])
  expect(system.deadLetters.counts['mailbox-full']).toBe(1)
  expectBalanced(system)
})
