import { expect, test } from 'vitest'
import { setup } from 'xstate'
import { machineToMermaid } from './chart.ts'
import { policies } from './library/exam.fixture.ts'
import { circuitBreaker } from './library/circuit-breaker.ts'
import { warmRestart } from './library/warm-restart.ts'

test('a machine is drawn with its states, events, guards and orders', () => {
  expect(machineToMermaid(warmRestart())).toBe(`stateDiagram-v2
  [*] --> running
  running --> fromLast: FAILED [possible snapshots] / restart snapshot
  running --> running: FAILED / delegate
  fromLast --> fromPrevious: FAILED / restart previous
  fromLast --> recovered: STABLE
  fromPrevious --> passed: FAILED
  fromPrevious --> recovered: STABLE
  passed: passed
  passed: entry / handOver
  passed --> [*]
  recovered --> [*]
`)
})

test('timers have the names of their delays, and what is done on leaving a state is there', () => {
  const chart = machineToMermaid(circuitBreaker())
  expect(chart).toContain('  open --> halfOpen: after rest\n')
  expect(chart).toContain('  shedding: entry / park, degrade\n  shedding: exit / release\n')
})

test('states within states are drawn within them, and odd names cannot break the chart', () => {
  const machine = setup({}).createMachine({
    initial: 'a b',
    states: { 'a b': { initial: 'x', states: { x: { always: 'y' }, y: {} }, on: { 'GO "on"': 'c' } }, c: {} },
  })
  expect(machineToMermaid(machine)).toBe(`stateDiagram-v2
  [*] --> a_b
  state a_b {
    [*] --> a_b_x
    a_b_x --> a_b_y: always
  }
  a_b --> c: GO "on"
`)
})

test.each(Object.keys(policies))('every state of %s is in its chart', (name) => {
  const policy = policies[name]!
  const chart = machineToMermaid(policy)
  for (const state of Object.keys(policy.machine.states)) expect(chart).toMatch(new RegExp(`\\b${state}\\b`))
})
