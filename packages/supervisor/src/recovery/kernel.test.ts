import { describe, expect, test } from 'vitest'
import { assign, raise, setup } from 'xstate'
import { seededRandom } from '../seeded-random.fixture.ts'
import { fireTimer as fire, forgetRecovery, healthy, tellRecovery as tell } from './kernel.ts'
import type { Recovery, RecoveryCommand } from './kernel.ts'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import { recoveryActions } from './machine.ts'
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

describe('the default recovery', () => {
  test('a child in health has no machine', () => {
    expect(tellRecovery(healthy(defaultRecovery), { type: 'STARTED' }, 0)).toEqual([healthy(defaultRecovery), []])
    expect(healthy(defaultRecovery).snapshot).toBeUndefined()
  })

  test('restarts at once, then waits, and grows the wait from failure to failure', () => {
    const seen: unknown[] = []
    let state = healthy(defaultRecovery)
    let commands: RecoveryCommand[]
    const note = (): void =>
      void seen.push(commands.map((command) => (command.type === 'schedule' ? `${command.key} ${command.delayMs}` : command.type)))
    ;[state, commands] = tellRecovery(state, failed(), 0)
    note()
    ;[state, commands] = tellRecovery(state, failed(1, 'starting'), 1)
    note()
    ;[state, commands] = fireTimer(state, 'retry', 301)
    note()
    ;[state, commands] = tellRecovery(state, failed(1, 'starting'), 302)
    note()
    ;[state, commands] = fireTimer(state, 'retry', 1_202)
    note()
    ;[state, commands] = tellRecovery(state, { type: 'STARTED' }, 1_203)
    note()
    expect(seen).toEqual([['restart'], ['retry 300'], ['restart'], ['retry 900'], ['restart'], ['stable 60000']])
  })

  test('a failure before the minute of health is over goes on with the backoff, and a minute of health forgets it', () => {
    let state = healthy(defaultRecovery)
    let commands: RecoveryCommand[]
    ;[state] = tellRecovery(state, failed(), 0)
    ;[state] = tellRecovery(state, { type: 'STARTED' }, 0)
    ;[state, commands] = tellRecovery(state, failed(), 59_999)
    expect(commands.map((command) => command.type)).toEqual(['cancel', 'schedule'])
    ;[state] = fireTimer(state, 'retry', 60_099)
    ;[state] = tellRecovery(state, { type: 'STARTED' }, 60_100)
    ;[state, commands] = fireTimer(state, 'stable', 120_100)
    expect(state).toEqual(healthy(defaultRecovery))
    ;[, commands] = tellRecovery(state, failed(), 130_000)
    expect(commands).toEqual([{ type: 'restart' }])
  })

  test('a child started by somebody else while it waits is not started again by the timer', () => {
    let state = healthy(defaultRecovery)
    ;[state] = tellRecovery(state, failed(), 0)
    ;[state] = tellRecovery(state, failed(), 0)
    const [started, commands] = tellRecovery(state, { type: 'STARTED' }, 50)
    expect(commands.map((command) => command.type)).toEqual(['cancel', 'schedule'])
    expect(fireTimer(started, 'retry', 1_000)[1]).toEqual([])
  })

  test('decides every failure at once or by a timer, whatever comes in whatever order', () => {
    const random = seededRandom(11)
    for (let round = 0; round < 200; round++) {
      let state = healthy(defaultRecovery)
      let now = 0
      let down = false
      for (let n = 0; n < 60; n++) {
        now += random() * 2_000
        const due = [...state.deadlines].find(([, deadline]) => deadline <= now)
        let commands: RecoveryCommand[]
        const choice = random()
        if (due !== undefined) [state, commands] = fireTimer(state, due[0], now)
        else if (choice < 0.4) [state, commands, down] = [...tellRecovery(state, failed(random()), now), true]
        else if (choice < 0.8) [state, commands, down] = [...tellRecovery(state, { type: 'STARTED' }, now), false]
        else [state, commands] = fireTimer(state, random() < 0.5 ? 'retry' : 'stable', now)
        expect(commands.some((command) => command.type === 'replaced')).toBe(false)
        if (down && state.undecided !== undefined) expect(state.deadlines.has('retry')).toBe(true)
        expect(state.deadlines.size).toBeLessThanOrEqual(1)
      }
    }
  })
})

describe('timers', () => {
  const waiting = tellRecovery(tellRecovery(healthy(defaultRecovery), failed(), 0)[0], failed(), 0)[0]

  test('one that fires early is armed again for the rest', () => {
    expect(fireTimer(waiting, 'retry', 99.5)).toEqual([waiting, [{ type: 'schedule', key: 'retry', delayMs: 0.5 }]])
  })

  test('one that was cancelled does nothing', () => {
    const [forgotten, commands] = forgetRecovery(waiting)
    expect(commands).toEqual([{ type: 'cancel', key: 'retry' }])
    expect(fireTimer(forgotten, 'retry', 100)).toEqual([forgotten, []])
  })
})

describe('a machine that breaks the contract is replaced by the built-in policy, which decides on the same failure', () => {
  const loop = declared.createMachine({
    initial: 'idle',
    states: { idle: { on: { FAILED: 'a' } }, a: { always: 'b' }, b: { always: 'a' } },
  })
  const bad: Record<string, RecoveryPolicy['machine']> = {
    'its guard throws': setup({
      types: { events: {} as RecoveryEvent },
      actions: recoveryActions,
      guards: {
        bang: () => {
          throw new Error('bang')
        },
      },
    }).createMachine({ on: { FAILED: { guard: 'bang', actions: 'restart' } } }),
    'its assign throws': declared.createMachine({
      on: {
        FAILED: {
          actions: [
            assign(() => {
              throw new Error('bang')
            }),
            'restart',
          ],
        },
      },
    }),
    'its context throws': declared.createMachine({
      context: () => {
        throw new Error('bang')
      },
      on: { FAILED: { actions: 'restart' } },
    }),
    'it loops for ever': loop,
    'it does nothing': declared.createMachine({ initial: 'idle', states: { idle: {} } }),
    'it ends without a decision': declared.createMachine({
      initial: 'idle',
      states: { idle: { on: { FAILED: 'end' } }, end: { type: 'final' } },
    }),
    'it decides twice': declared.createMachine({ on: { FAILED: { actions: ['restart', 'stop'] } } }),
    'it raises an event to itself later': declared.createMachine({
      on: { FAILED: { actions: raise({ type: 'STARTED' } as RecoveryEvent, { delay: 10 }) } },
    }),
    'it orders what nothing here can do': declared.createMachine({ on: { FAILED: { actions: 'restartThread' } } }),
    'it asks for a snapshot where there are none': declared.createMachine({
      on: { FAILED: { actions: { type: 'restart', params: { state: 'snapshot' } } } },
    }),
    "it takes a key of the kernel's": declared.createMachine({
      on: { FAILED: { actions: { type: 'schedule', params: { key: 'stable', delayMs: 1 } } } },
    }),
    'it puts a child on trial for ever': declared.createMachine({
      on: { FAILED: { actions: { type: 'probe', params: { probeMs: Infinity } } } },
    }),
    'it takes an action of its own': setup({ types: { events: {} as RecoveryEvent } }).createMachine({
      on: { FAILED: { actions: () => {} } },
    }),
    'it schedules nonsense': declared.createMachine({
      on: { FAILED: { actions: { type: 'schedule', params: { key: 'k', delayMs: Number.NaN } } } },
    }),
  }

  test.each(Object.keys(bad))('%s', (name) => {
    const [state, commands] = tellRecovery(healthy({ name: 'mine', machine: bad[name]! }), failed(), 5)
    expect(commands.map((command) => command.type)).toEqual(['replaced', 'restart'])
    expect(commands[0]).toMatchObject({ machine: 'mine' })
    expect(state.policy).toBe(defaultRecovery)
    // Once and for all: the next failure is the built-in policy's second.
    expect(tellRecovery(state, failed(), 6)[1].map((command) => command.type)).toEqual(['schedule'])
  })

  test('resume after a failure that left no state', () => {
    const policy = { name: 'resumes', machine: declared.createMachine({ on: { FAILED: { actions: 'resume' } } }) }
    expect(tellRecovery(healthy(policy), failed(0, 'handling'), 0)[1]).toEqual([{ type: 'resume' }])
    expect(tellRecovery(healthy(policy), failed(0, 'starting'), 0)[1].map((command) => command.type)).toEqual(['replaced', 'restart'])
  })

  test('a machine that throws while it waits: its timer is cleared and the failure decided', () => {
    const machine = declared.createMachine({
      initial: 'idle',
      states: {
        idle: {
          on: {
            FAILED: {
              target: 'wait',
              actions: [
                { type: 'schedule', params: { key: 'k', delayMs: 10 } },
                { type: 'schedule', params: { key: 'l', delayMs: 20 } },
              ],
            },
          },
        },
        wait: {
          on: {
            'TIMER.k': {
              actions: assign(() => {
                throw new Error('bang')
              }),
            },
          },
        },
      },
    })
    const [waiting] = tellRecovery(healthy({ name: 'mine', machine }), failed(), 0)
    expect(fireTimer(waiting, 'k', 10)[1]).toEqual([
      { type: 'cancel', key: 'l' },
      { type: 'replaced', machine: 'mine', cause: 'Error: bang' },
      { type: 'restart' },
    ])
  })

  test('a machine that throws while the child runs: nothing but the replacement happens', () => {
    const machine = declared.createMachine({
      on: {
        FAILED: { actions: 'restart' },
        STARTED: {
          actions: assign(() => {
            throw new Error('bang')
          }),
        },
      },
    })
    const [restarting] = tellRecovery(healthy({ name: 'mine', machine }), failed(), 0)
    const [state, commands] = tellRecovery(restarting, { type: 'STARTED' }, 1)
    expect(commands.map((command) => command.type)).toEqual(['replaced'])
    expect(state).toEqual<Recovery>(healthy(defaultRecovery))
  })
})
