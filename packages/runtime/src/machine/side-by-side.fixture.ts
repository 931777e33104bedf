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
import { machineState, persistMachine } from './machine-queries.ts'
import type { PersistedMachine } from './persisted-machine.ts'

/** Makes the machine of one run; what it does, it says. */
export type MakeMachine = (say: (what: unknown) => void) => AnyStateMachine

/** What happens to the machine: an event, or time that passes in milliseconds. */
export type Script = readonly (Message | number)[]

/** What was seen of one run: what was said, and the state after each line of the script. */
export interface Seen {
  readonly said: unknown[]
  readonly states: unknown[]
  /** What was said when the machine was stopped after the script. */
  readonly afterwards: unknown[]
  /** `done` with the output, or `error` with what was thrown. */
  end: unknown
}

const settle = (): Promise<void> => new ManualEnv().settle()

/** Runs a machine by XState's interpreter. */
async function byXState(make: MakeMachine, script: Script, input?: unknown): Promise<Seen> {
  const seen: Seen = { said: [], states: [], afterwards: [], end: undefined }
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
  const count = seen.said.length
  running.stop()
  await settle()
  seen.afterwards.push(...seen.said.splice(count))
  return seen
}

/** Runs a machine as an actor; `onPaper` writes it down after each line, ends it, and goes on from the paper in another system. */
async function byUs(make: MakeMachine, script: Script, input: unknown, onPaper: boolean): Promise<Seen> {
  const seen: Seen = { said: [], states: [], afterwards: [], end: undefined }
  const machine = make((what) => void seen.said.push(what))
  let elapsed = 0
  const play = (paper: PersistedMachine | undefined) => {
    const set = stage()
    // The clock on the wall has gone on.
    set.env.jumpWallClock(elapsed)
    const definition = machineActor(machine, { name: 'machine', restore: () => paper, done: (output) => (seen.end = ['done', output]) })
    const played = { ...set, ref: undefined as unknown as Ref<Protocol>, gone: false }
    const parent = actor({
      name: 'parent',
      state: (_: undefined, ctx) => {
        played.ref = ctx.spawn(definition as never, { name: 'machine', input } as never)
        ctx.watch(played.ref)
      },
      on: {},
      terminated: (_, { reason }) => {
        played.gone = true
        if (isFailure(reason)) seen.end = ['error', describeCause(reason.cause)]
      },
    })
    set.system.spawn(parent)
    return played
  }
  const strike = async ({ system, lines }: ReturnType<typeof play>): Promise<void> => {
    for (const { fields, text } of lines)
      if ('value' in fields) seen.said.push(['log', ...('label' in fields ? [fields.label] : []), fields.value ?? text])
    expectBalanced(system)
    const count = seen.said.length
    await system.stop()
    seen.afterwards.push(...seen.said.splice(count))
  }

  let now = play(undefined)
  const look = async (): Promise<void> => {
    await now.env.settle()
    if (now.gone) return
    seen.states.push((await machineState(now.ref)).value)
    if (!onPaper) return
    const paper = JSON.parse(JSON.stringify(await persistMachine(now.ref))) as PersistedMachine
    await strike(now)
    now = play(paper)
  }
  await look()
  for (const line of script) {
    if (typeof line === 'number') {
      elapsed += line
      await now.env.advance(line)
    } else now.ref.tell(line as never)
    await look()
  }
  await strike(now)
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
  const ours = await byUs(make, script, input, false)
  expect(ours).toEqual(await byXState(make, script, input))
  if (said !== undefined) expect(ours.said).toEqual(said)
  if (states !== undefined) expect(ours.states).toEqual(states)
  expect(ours.end).toEqual(end)
}

/** Runs a case without a break, and with one after each line. */
export async function unbrokenAndOnPaper({ make, script = [], input }: Case): Promise<void> {
  expect(await byUs(make, script, input, true)).toEqual(await byUs(make, script, input, false))
}
