import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import { classifier } from './failure-class.ts'
import { fireTimer as fire, healthy, possibleOnOneNode, stateOf, tellRecovery as tell } from './kernel.ts'
import type { Recovery, RecoveryCommand } from './kernel.ts'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import { restartAtOnce } from './library/restart-at-once.ts'
import { recovery, recoveryActions, recoverySetup } from './machine.ts'
import type { ChildFailed, RecoveryEvent, RecoveryPolicy } from './machine.ts'

const failed = (random = 0, phase: ChildFailed['phase'] = 'handling'): ChildFailed => ({
  type: 'FAILED',
  phase,
  cause: 'x',
  attempt: 1,
  random,
})
const withoutMoves = ([state, commands]: [Recovery, RecoveryCommand[]]): [Recovery, RecoveryCommand[]] => [
  state,
  commands.filter(({ type }) => type !== 'moved'),
]
const tellRecovery = (...args: Parameters<typeof tell>): [Recovery, RecoveryCommand[]] => withoutMoves(tell(...args))
const fireTimer = (...args: Parameters<typeof fire>): [Recovery, RecoveryCommand[]] => withoutMoves(fire(...args))
const declared = setup({ types: { events: {} as RecoveryEvent }, actions: recoveryActions })

describe('machines of your own', () => {
  const patient = recovery(
    recoverySetup<{ waitMs: number }, { waitMs: number }>()
      .extend({ delays: { wait: ({ context }) => context.waitMs } })
      .createMachine({
        id: 'patient',
        context: ({ input }) => ({ ...input }),
        initial: 'idle',
        states: {
          idle: { on: { FAILED: [{ guard: { type: 'class', params: ['bug'] }, target: 'parked' }, { target: 'waiting' }] } },
          waiting: { after: { wait: 'trial' }, on: { STARTED: 'running' } },
          trial: { entry: { type: 'probe', params: { probeMs: 50 } }, on: { PROBE_OK: 'running', PROBE_FAILED: 'waiting' } },
          running: { on: { FAILED: 'waiting', STABLE: 'done' } },
          parked: { entry: 'park', on: { 'OPERATOR.release': 'trial', 'OPERATOR.stop': { target: 'done', actions: 'stop' } } },
          done: { type: 'final' },
        },
      }),
    { input: { waitMs: 200 }, stableAfterMs: 1_000 },
  )
  const bug = { ...failed(), cause: new TypeError('no such method') }

  test("'after' is a timer of ours: set, due, and cancelled when its state is left", () => {
    const [waiting, commands] = tellRecovery(healthy(patient), failed(), 1)
    expect(commands).toEqual([{ type: 'schedule', key: 'xstate.after.wait.patient.waiting', delayMs: 200 }])
    expect([...waiting.deadlines.values()]).toEqual([201])
    const [trial, ordered] = fireTimer(waiting, 'xstate.after.wait.patient.waiting', 201)
    expect(ordered.at(0)).toEqual({ type: 'probe', probeMs: 50 })
    expect(stateOf(trial)).toBe('trial')
    const [running, cancelled] = tellRecovery(waiting, { type: 'STARTED' }, 100)
    expect(cancelled.map(({ type }) => type)).toEqual(['cancel', 'schedule'])
    expect(stateOf(running)).toBe('running')
  })

  test('a trial: a failure in its time is PROBE_FAILED, none is PROBE_OK, and then health makes it forgotten', () => {
    const [parked, parking] = tellRecovery(healthy(patient), bug, 0)
    expect(parking).toEqual([{ type: 'park' }])
    expect(parked.deadlines.size).toBe(0)
    const [trial, probing] = tellRecovery(parked, { type: 'OPERATOR.release' }, 10)
    expect(probing).toEqual([{ type: 'probe', probeMs: 50 }])
    const [started] = tellRecovery(trial, { type: 'STARTED' }, 11)
    expect(started.deadlines.get('probe')).toBe(61)
    expect(stateOf(tellRecovery(started, bug, 20)[0])).toBe('waiting')
    const [running] = fireTimer(started, 'probe', 61)
    expect(stateOf(running)).toBe('running')
    expect(running.deadlines.get('stable')).toBe(1_061)
    expect(fireTimer(running, 'stable', 1_061)).toEqual([healthy(patient), []])
  })

  test('every step that leads somewhere or orders something says from where to where, and why', () => {
    expect(tell(healthy(patient), bug, 0)[1].at(0)).toEqual({
      type: 'moved',
      machine: 'patient',
      from: 'healthy',
      to: 'parked',
      event: 'FAILED',
      commands: ['park'],
      why: 'bug, attempt 1: TypeError: no such method',
    })
  })

  test('a healthy child has no machine, whatever is told that no machine has a use for', () => {
    for (const type of ['STARTED', 'STABLE', 'OPERATOR.retry', 'HUNG', 'LEASE_LOST', 'TIMER.odd'] as const) {
      expect(tell(healthy(patient), { type }, 0)).toEqual([healthy(patient), []])
    }
  })

  test('what is told of a life that is over is ignored', () => {
    const [waiting] = tellRecovery(healthy(patient), { ...failed(), incarnation: 3 }, 0)
    expect(tell(waiting, { ...failed(), incarnation: 2 }, 1)).toEqual([waiting, []])
    const [trial] = fireTimer(waiting, 'xstate.after.wait.patient.waiting', 200)
    // The next life has been ordered: what was still to be said of the last one does not count.
    expect(tell(trial, { type: 'OPERATOR.retry', incarnation: 3 }, 201)).toEqual([trial, []])
    expect(stateOf(tell(trial, { ...failed(), incarnation: 4 }, 201)[0])).toBe('waiting')
    // One that never came to be belongs to no life.
    expect(stateOf(tell(trial, { ...failed(0, 'starting'), incarnation: 0 }, 201)[0])).toBe('waiting')
  })

  test('a machine without context can be remembered: the same steps, worked out once', () => {
    const { alwaysRestarts: _, ...asked } = restartAtOnce()
    const { memoise: __, ...plain } = asked
    let remembered = healthy(asked)
    let worked = healthy(plain)
    for (const event of [failed(), failed(), { type: 'STARTED' as const }, failed(), { type: 'STARTED' as const }]) {
      const [next, commands] = tell(remembered, event, 0)
      const [other, same] = tell(worked, event, 0)
      expect(commands).toEqual(same)
      expect(stateOf(next)).toBe(stateOf(other))
      remembered = next
      worked = other
    }
    expect(tell(healthy(asked), failed(), 0)[0].snapshot).toBe(tell(healthy(asked), failed(), 0)[0].snapshot)
  })
})

describe('a hand-over', () => {
  const declines = declared.createMachine({
    id: 'declines',
    initial: 'idle',
    states: {
      idle: { on: { FAILED: { target: 'out', actions: [{ type: 'schedule', params: { key: 'k', delayMs: 9 } }, 'handOver'] } } },
      out: { type: 'final' },
    },
  })

  test('the next policy decides on the same failure, and the first one is in charge again after recovery', () => {
    const first = recovery(declines, { then: recovery(declared.createMachine(restarts('second'))) })
    const [state, commands] = tell(healthy(first), failed(), 0)
    expect(commands.map((command) => (command.type === 'moved' ? `${command.machine} ${command.to}` : command.type))).toEqual([
      'declines out',
      'schedule',
      'cancel',
      'second restarting',
      'restart',
    ])
    expect(state.policy.name).toBe('second')
    const [recovered] = tellRecovery(state, { type: 'STARTED' }, 1)
    expect(recovered).toEqual(healthy(first))
  })

  test('without a next policy the built-in one decides', () => {
    expect(tellRecovery(healthy(recovery(declines)), failed(), 0)[1].map(({ type }) => type)).toEqual(['schedule', 'cancel', 'restart'])
  })

  test('machines that hand over to each other for ever are replaced', () => {
    let policy = recovery(declines)
    for (let n = 0; n < 20; n++) policy = recovery(declines, { then: policy })
    const [state, commands] = tellRecovery(healthy(policy), failed(), 0)
    expect(commands.map(({ type }) => type)).toEqual(['replaced', 'restart'])
    expect(state.policy).toBe(defaultRecovery)
  })

  function restarts(id: string): Parameters<typeof declared.createMachine>[0] {
    return {
      id,
      initial: 'idle',
      states: {
        idle: { on: { FAILED: { target: 'restarting', actions: 'restart' } } },
        restarting: { on: { STARTED: 'done' } },
        done: { type: 'final' },
      },
    }
  }
})

describe('a classifier that breaks', () => {
  test.each([
    [
      'throws',
      classifier([
        {
          class: 'bug',
          when: () => {
            throw new Error('bang')
          },
        },
      ]),
    ],
    ['answers nonsense', () => 'whatever' as never],
  ])('%s: the built-in one takes its place, with one report, and the machine goes on', (_, classify) => {
    const policy = { ...defaultRecovery, classify }
    const [state, commands] = tellRecovery(healthy(policy), failed(), 0)
    expect(commands.map(({ type }) => type)).toEqual(['replaced', 'restart'])
    expect(commands[0]).toMatchObject({ machine: 'the classifier of restart-then-backoff' })
    expect(tellRecovery(state, failed(), 1)[1].map(({ type }) => type)).toEqual(['schedule'])
  })
})

test('what a place can do is its own to say', () => {
  const policy = recovery(declared.createMachine({ id: 'thread', on: { FAILED: { actions: 'restartThread' } } }))
  const possible = new Set([...possibleOnOneNode, 'restartThread' as const])
  expect(tellRecovery(healthy(policy), failed(), 0, possible)[1]).toEqual([{ type: 'restartThread' }])
})

describe('what a machine leaves behind is put in order', () => {
  const ends = (actions: readonly ('park' | 'degrade' | 'restart' | 'handOver')[]): RecoveryPolicy =>
    recovery(
      declared.createMachine({
        initial: 'idle',
        states: { idle: { on: { FAILED: { target: 'end', actions: [...actions] } } }, end: { type: 'final' } },
      }),
      { name: 'ends' },
    )
  const types = (commands: readonly RecoveryCommand[]): string[] => commands.map(({ type }) => type)

  test('one that ends and leaves its child parked is replaced: nobody would ever let the child out', () => {
    expect(types(tellRecovery(healthy(ends(['park'])), failed(), 0)[1])).toEqual(['replaced', 'restart'])
  })

  test('a mailbox that sheds takes messages again when the machine ends, hands over, or is replaced', () => {
    expect(types(tellRecovery(healthy(ends(['degrade', 'restart'])), failed(), 0)[1])).toEqual(['degrade', 'restart', 'release'])
    expect(types(tellRecovery(healthy(ends(['degrade', 'handOver'])), failed(), 0)[1])).toEqual(['degrade', 'release', 'restart'])
    const breaks = recovery(
      declared.createMachine({
        initial: 'idle',
        states: {
          idle: { on: { FAILED: { target: 'shedding', actions: ['degrade', 'restart'] } } },
          shedding: { on: { STARTED: { actions: 'resume' } } },
        },
      }),
    )
    const [shedding] = tellRecovery(healthy(breaks), failed(), 0)
    expect(types(tellRecovery(shedding, { type: 'STARTED' }, 1)[1])).toEqual(['release', 'replaced'])
  })

  test('a release where nothing is degraded is no command', () => {
    const releases = recovery(declared.createMachine({ on: { FAILED: { actions: ['release', 'restart'] } } }))
    expect(types(tellRecovery(healthy(releases), failed(), 0)[1])).toEqual(['restart'])
  })

  test('a restart of a child whose start is under way is refused; a planned one of a running child is not', () => {
    const eager = recovery(declared.createMachine({ on: { FAILED: { actions: 'restart' }, HUNG: { actions: 'restart' } } }))
    const [starting] = tellRecovery(healthy(eager), failed(), 0)
    expect(types(tellRecovery(starting, { type: 'HUNG' }, 1)[1])).toEqual(['replaced'])
    const [running] = tellRecovery(starting, { type: 'STARTED' }, 1)
    expect(types(tellRecovery(running, { type: 'HUNG' }, 2)[1])).toEqual(['restart'])
  })
})
