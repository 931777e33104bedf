// One step of a recovery machine on paper: a snapshot and an event in, the next snapshot and the actions it would take out. The machine's
// own `transition` is called with a scope of ours: XState's exported `transition()` makes a throw-away actor for every event, and
// computes the initial state anew with it, which takes four times as long.

import { createActor } from 'xstate'
import type { AnyActorLogic, AnyActorScope, AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import type { RecoveryPolicy } from './machine.ts'

/** An action that a machine would take. */
export interface Taken {
  readonly type: string
  readonly params?: unknown
}

/** Where a machine has come to, and what it would do on the way. */
export interface Step {
  readonly snapshot: AnyMachineSnapshot
  readonly actions: readonly Taken[]
}

interface Runner {
  readonly machine: AnyStateMachine
  readonly scope: AnyActorScope
  actions: Taken[]
}

const maxMicrosteps = 1_000
const runners = new WeakMap<AnyStateMachine, Runner>()
const beginnings = new WeakMap<RecoveryPolicy, Step>()
const idle = { status: 'active', output: undefined, error: undefined }
const shell = { transition: () => idle, getInitialSnapshot: () => idle, getPersistedSnapshot: () => idle } as unknown as AnyActorLogic

/** How the machine of a policy begins: alike every time, being pure, so it is worked out once per policy. */
export function beginMachine(policy: RecoveryPolicy): Step {
  let beginning = beginnings.get(policy)
  if (beginning === undefined) {
    const runner = runnerOf(policy.machine)
    beginning = collect(runner, () => runner.machine.getInitialSnapshot(runner.scope, policy.input) as AnyMachineSnapshot)
    beginnings.set(policy, beginning)
  }
  return beginning
}

/** The next step. Throws what the machine throws, and when it goes round in a circle. */
export function stepMachine(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: { readonly type: string }): Step {
  const runner = runnerOf(machine)
  return collect(runner, () => runner.machine.transition(snapshot, event, runner.scope) as AnyMachineSnapshot)
}

/** A snapshot from what `getPersistedSnapshot` gave. Throws when it is not of this machine. */
export function restoreMachine(machine: AnyStateMachine, persisted: unknown): AnyMachineSnapshot {
  const runner = runnerOf(machine)
  return runner.machine.restoreSnapshot(persisted as never, runner.scope) as AnyMachineSnapshot
}

function collect(runner: Runner, run: () => AnyMachineSnapshot): Step {
  runner.actions = []
  const snapshot = run()
  if (snapshot.status === 'error') throw snapshot.error
  return { snapshot, actions: runner.actions }
}

function runnerOf(machine: AnyStateMachine): Runner {
  let runner = runners.get(machine)
  if (runner === undefined) {
    // The same machine with a limit on microsteps, so that eventless transitions in a circle end.
    const limited = machine.provide({}) as AnyStateMachine
    limited.options = { ...machine.options, maxIterations: maxMicrosteps }
    const self = createActor(shell)
    const made: Runner = {
      machine: limited,
      actions: [],
      scope: {
        self,
        id: self.id,
        sessionId: self.sessionId,
        system: self.system,
        logger() {},
        defer() {},
        stopChild() {},
        emit() {},
        actionExecutor: (action) => void made.actions.push(action as Taken),
      },
    }
    runner = made
    runners.set(machine, runner)
  }
  return runner
}
