// The yardstick: one machine, run by XState's own interpreter and as an actor of ours, through the same script. Both must do the same.

import { expect } from 'vitest'
import { type AnyStateMachine, createActor, SimulatedClock } from 'xstate'
import type { Message, Protocol } from '../contracts/message.ts'
import type { Ref } from '../contracts/ref.ts'
import { describeCause, isFailure } from '../contracts/exit-reason.ts'
import { actor } from '../actor/define.ts'
import { ManualEnv } from '../testing/manual-env.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { machineActor } from './machine-actor.ts'
import { machineState } from './machine-queries.ts'

/** Makes the machine of one run; what it does, it says. */
export type MakeMachine = (say: (what: unknown) => void) => AnyStateMachine

/** What happens to the machine: an event, or time that passes in milliseconds. */
export type Script = readonly (Message | number)[]

/** What was seen of one run: what was said, and the state after each line of the script. */
export interface Seen {
  readonly said: unknown[]
  readonly states: unknown[]
  /** `done` with the output, or `error` with what was thrown. */
  end: unknown
}

const settle = (): Promise<void> => new ManualEnv().settle()

/** Runs a machine by XState's interpreter. */
async function byXState(make: MakeMachine, script: Script, input?: unknown): Promise<Seen> {
  const seen: Seen = { said: [], states: [], end: undefined }
  const clock = new SimulatedClock()
  const running = createActor(
    make((what) => void seen.said.push(what)),
    { clock, input, logger: (...values) => void seen.said.push(['log', ...values]) },
  )
  running.subscribe({ error: (cause) => (seen.end = ['error', describeCause(cause)]) })
  const look = async (): Promise<void> => {
    await settle()
    const { status, value, output } = running.getSnapshot()
    if (status === 'active') seen.states.push(value)
    else if (status === 'done') seen.end = ['done', output]
  }
  running.start()
  await look()
  for (const line of script) {
    if (typeof line === 'number') for (let ms = 0; ms < line; ms++) clock.increment(1)
    else running.send(line)
    await look()
  }
  running.stop()
  await settle()
  return seen
}

/** Runs a machine as an actor. */
async function byUs(make: MakeMachine, script: Script, input?: unknown): Promise<Seen> {
  const seen: Seen = { said: [], states: [], end: undefined }
  const { system, env, lines } = stage()
  const definition = machineActor(
    make((what) => void seen.said.push(what)),
    { name: 'machine', done: (output) => (seen.end = ['done', output]) },
  )
  let ref!: Ref<Protocol>
  let gone = false
  system.spawn(
    actor({
      name: 'parent',
      state: (_: undefined, ctx) => {
        ref = ctx.spawn(definition as never, { name: 'machine', input } as never)
        ctx.watch(ref)
      },
      on: {},
      terminated: (_, { reason }) => {
        gone = true
        if (isFailure(reason)) seen.end = ['error', describeCause(reason.cause)]
      },
    }),
  )
  const look = async (): Promise<void> => {
    await env.settle()
    if (!gone) seen.states.push((await machineState(ref)).value)
  }
  await look()
  for (const line of script) {
    if (typeof line === 'number') await env.advance(line)
    else ref.tell(line)
    await look()
  }
  for (const { fields, text } of lines)
    if ('value' in fields) seen.said.push(['log', ...('label' in fields ? [fields.label] : []), fields.value ?? text])
  expectBalanced(system)
  await system.stop()
  return seen
}

/** A promise, the machine that shows it, its script, and what must be seen. */
export interface Case {
  readonly promise: string
  readonly make: MakeMachine
  readonly script?: Script
  readonly input?: unknown
  readonly said?: readonly unknown[]
  readonly states?: readonly unknown[]
  readonly end?: unknown
}

/** An event. */
export const e = (type: string, rest: object = {}): Message => ({ type, ...rest })

/** Runs a case both ways. */
export async function sideBySide({ make, script = [], input, said, states, end }: Case): Promise<void> {
  const ours = await byUs(make, script, input)
  expect(ours).toEqual(await byXState(make, script, input))
  if (said !== undefined) expect(ours.said).toEqual(said)
  if (states !== undefined) expect(ours.states).toEqual(states)
  expect(ours.end).toEqual(end)
}
