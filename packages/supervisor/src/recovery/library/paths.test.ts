// Every transition of every machine of the library, by paths that XState's graph finds.

import { describe, expect, test } from 'vitest'
import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate'
import { getShortestPaths } from 'xstate/graph'
import type { RecoveryEvent } from '../event.ts'
import { stepMachine } from '../machine-step.ts'
import { possibleOnOneNode } from '../kernel.ts'
import { everything, policies, shortLadders, variants } from './exam.fixture.ts'

/** Moments far from each other and near to each other, so that windows of time are within and over. */
const moments = [0, 1_000_000]

/** A snapshot without what grows for ever: numbers beyond a few are alike, and times only matter against a window. */
function alike(snapshot: AnyMachineSnapshot): string {
  const context = JSON.stringify(snapshot.context, (key, value: unknown) => {
    if (Array.isArray(value)) return value.map((item) => JSON.stringify(item)).sort()
    if (key === 'delayMs' || key === 'waitMs' || key === 'openForMs') return undefined
    return typeof value === 'number' ? (value > 1_000 ? 'much' : Math.min(value, 3)) : value
  })
  return `${JSON.stringify(snapshot.value)} ${context}`
}

function transitionsOf(machine: AnyStateMachine): Map<unknown, string> {
  const all = new Map<unknown, string>()
  const visit = (node: AnyStateNode): void => {
    for (const [event, transitions] of node.transitions) {
      for (const [index, transition] of transitions.entries()) all.set(transition, `${node.key} --${event}[${index}]`)
    }
    Object.values(node.states).forEach(visit)
  }
  visit(machine.root)
  return all
}

const machines = new Map(Object.values(policies).map((policy) => [policy.machine, policy.machine.id]))

describe.each([...machines].map(([machine, name]) => ({ name, machine })))('$name', ({ machine }) => {
  test('every transition is on a path, and no state but the final ones is without a way out', () => {
    const settings = [...Object.values(policies), ...shortLadders].filter((policy) => policy.machine === machine)
    const left = transitionsOf(machine)
    const stuck = new Set<string>()
    expect(left.size).toBeGreaterThan(0)
    for (const policy of settings) {
      const events = [everything, possibleOnOneNode].flatMap((possible) => variants(policy, possible))
      const all = events.flatMap((event) => (event.type === 'FAILED' ? moments : [0]).map((at): RecoveryEvent => ({ ...event, at })))
      const paths = getShortestPaths(machine, {
        events: all as never,
        input: policy.input as never,
        serializeState: (state) => alike(state as AnyMachineSnapshot),
        serializeEvent: (event) => JSON.stringify({ ...event, possible: (event as unknown as RecoveryEvent).possible.size }),
        limit: 200_000,
      })
      for (const { state } of paths) {
        const snapshot = state as AnyMachineSnapshot
        let leads = snapshot.status !== 'active'
        if (!leads) {
          for (const event of all) {
            for (const transition of machine.getTransitionData(snapshot as never, event as never)) {
              leads = true
              left.delete(transition)
            }
          }
        }
        if (!leads) stuck.add(JSON.stringify(snapshot.value))
        expect(() => all.forEach((event) => snapshot.status === 'active' && stepMachine(machine, snapshot, event))).not.toThrow()
      }
    }
    expect([...left.values()]).toEqual([])
    expect([...stuck]).toEqual([])
  })
})
