// The behaviour of XState's own tests for delayed transitions and events, as promises of ours. Each machine also runs by XState.

import { test } from 'vitest'
import { cancel, createMachine, fromCallback, raise, sendTo, setup } from 'xstate'
import { type Case, e, sideBySide, unbrokenAndOnPaper } from './side-by-side.fixture.ts'

const delays: Case[] = [
  {
    promise: 'after a delay the machine moves on, again and again',
    make: () => createMachine({ initial: 'a', states: { a: { after: { 10: 'b' } }, b: { after: { 10: 'a' } } } }),
    script: [9, 1, 9, 1],
    states: ['a', 'a', 'b', 'b', 'a'],
  },
  {
    promise: 'leaving a state cancels its delays, and coming back starts them anew',
    make: () => createMachine({ initial: 'a', states: { a: { after: { 10: 'c' }, on: { go: 'b' } }, b: { on: { go: 'a' } }, c: {} } }),
    script: [6, e('go'), 6, e('go'), 6, 4],
    states: ['a', 'a', 'b', 'b', 'a', 'a', 'c'],
  },
  {
    promise: 'an event that keeps the state keeps its delays',
    make: () => createMachine({ initial: 'a', states: { a: { after: { 10: 'b' }, on: { stay: { actions: () => {} } } }, b: {} } }),
    script: [6, e('stay'), 4],
    states: ['a', 'a', 'a', 'b'],
  },
  {
    promise: 'delays are computed from context and event, by name',
    make: () =>
      setup({ delays: { wait: ({ event }) => (event as unknown as { ms: number }).ms } }).createMachine({
        initial: 'a',
        states: { a: { on: { go: 'b' } }, b: { after: { wait: 'c' } }, c: {} },
      }),
    script: [e('go', { ms: 5 }), 4, 1],
    states: ['a', 'b', 'b', 'c'],
  },
  {
    promise: 'of several delays the guards decide when each is due',
    make: () =>
      createMachine({
        context: { open: false },
        initial: 'a',
        states: { a: { after: { 5: { target: 'b', guard: ({ context }) => context.open }, 10: 'c' } }, b: {}, c: {} },
      }),
    script: [5, 5],
    states: ['a', 'a', 'c'],
  },
  {
    promise: 'a delayed raise comes in its time, unless it is cancelled',
    make: (say) =>
      createMachine({
        entry: [raise({ type: 'tick' }, { delay: 5 }), raise({ type: 'tock' }, { delay: 6, id: 'tock' })],
        on: { tick: { actions: () => say('tick') }, tock: { actions: () => say('tock') }, quiet: { actions: cancel('tock') } },
      }),
    script: [4, e('quiet'), 5],
    said: ['tick'],
  },
  {
    promise: 'a delayed send to a child arrives in its time',
    make: (say) =>
      createMachine({
        invoke: { id: 'child', src: fromCallback(({ receive }) => receive((event) => say(event.type))) },
        on: { go: { actions: sendTo('child', { type: 'late' }, { delay: 10 }) } },
      }),
    script: [e('go'), 9, 1],
    said: ['late'],
  },
]

test.each(delays)('$promise', sideBySide)
test.each(delays)('on paper after each line: $promise', unbrokenAndOnPaper)
