// One machine with a bit of everything, and scripts by chance: XState's interpreter and our actor must say and be the same throughout.

import fc from 'fast-check'
import { afterEach, beforeEach, test, vi } from 'vitest'
import { assign, cancel, createMachine, fromCallback, fromPromise, raise, sendParent, sendTo, setup, spawnChild, stopChild } from 'xstate'
import { type Case, e, type MakeMachine, sideBySide, unbrokenAndOnPaper } from './side-by-side.fixture.ts'

const egg = createMachine({
  id: 'egg',
  initial: 'raw',
  states: {
    raw: { after: { 7: 'soft' }, on: { poke: { actions: sendParent({ type: 'ouch' }) } } },
    soft: { after: { 5: 'done' } },
    done: { type: 'final' },
  },
  output: 'cooked',
})

const kitchen: MakeMachine = (say) =>
  setup({
    actors: {
      egg,
      echo: fromCallback(({ receive, sendBack }) => {
        receive(({ type }) => {
          say(`echo ${type}`)
          sendBack({ type: 'echoed' })
        })
        return () => say('echo is cleaned up')
      }),
      quick: fromPromise(() => Promise.resolve('quick')),
    },
    guards: { even: ({ context }) => (context as { n: number }).n % 2 === 0 },
  }).createMachine({
    id: 'kitchen',
    context: { n: 0 },
    type: 'parallel',
    on: {
      n: { actions: assign({ n: ({ context }) => (context.n as number) + 1 }) },
      ouch: { actions: () => say('ouch') },
      echoed: { actions: raise({ type: 'n' }) },
      spawn: { actions: [stopChild('spawned'), spawnChild('echo', { id: 'spawned' })] },
      late: { actions: [cancel('late'), raise({ type: 'lately' }, { id: 'late', delay: 9 })] },
      never: { actions: cancel('late') },
      lately: { actions: () => say('lately') },
    },
    states: {
      light: {
        initial: 'green',
        states: {
          green: { after: { 10: 'yellow' }, on: { n: { target: 'yellow', guard: 'even' } } },
          yellow: { entry: () => say('yellow'), after: { 3: 'red' } },
          red: { always: { target: 'green', guard: 'even' }, after: { 20: 'green' } },
        },
      },
      pot: {
        initial: 'cold',
        states: {
          cold: { on: { cook: 'hot' } },
          hot: {
            initial: 'first',
            invoke: { id: 'egg', src: 'egg', onDone: { target: 'cold', actions: ({ event }) => say(event.output) } },
            exit: [() => say('off'), sendTo('egg', { type: 'poke' })],
            on: { cook: { target: 'hot', reenter: true }, off: 'cold', poke: { actions: sendTo('egg', { type: 'poke' }) } },
            states: { first: { on: { n: 'second' } }, second: {}, again: { type: 'history' } },
          },
        },
        on: { back: '.hot.again' },
      },
      ear: {
        initial: 'off',
        states: {
          off: { on: { listen: 'on' } },
          on: {
            invoke: [
              { id: 'echo', src: 'echo' },
              { src: 'quick', onDone: { actions: ({ event }) => say(event.output) } },
            ],
            exit: sendTo('echo', { type: 'bye' }),
            on: { call: { actions: sendTo('echo', { type: 'call' }) }, quiet: 'off' },
          },
        },
      },
    },
  })

// XState's own interpreter remarks upon each event for an actor that has ended.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => vi.restoreAllMocks())

const line = fc.oneof(
  fc
    .constantFrom('n', 'cook', 'off', 'poke', 'back', 'listen', 'call', 'quiet', 'spawn', 'late', 'never', 'nonsense')
    .map((type) => e(type)),
  fc.integer({ min: 1, max: 15 }),
)
const cases = fc.array(line, { maxLength: 25 }).map((script): Case => ({ promise: '', make: kitchen, script }))

test('whatever the script, a machine does here what it does under XState', async () => {
  await fc.assert(fc.asyncProperty(cases, sideBySide), { numRuns: 100, seed: 5 })
})

test('whatever the script, a machine with nothing but time in it does the same when it is put on paper after each line', async () => {
  const times = fc.array(
    fc.oneof(
      fc.constantFrom('n', 'late', 'never', 'nonsense').map((type) => e(type)),
      fc.integer({ min: 1, max: 15 }),
    ),
    { maxLength: 12 },
  )
  await fc.assert(
    fc.asyncProperty(times, (script) => unbrokenAndOnPaper({ promise: '', make: kitchen, script })),
    { numRuns: 30, seed: 5 },
  )
})
