// The behaviour of XState's own tests for states, transitions, guards and actions, as promises of ours. Each machine also runs by XState.

import { test } from 'vitest'
import { and, assign, createMachine, enqueueActions, log, not, or, raise, sendTo, setup, stateIn } from 'xstate'
import { type Case, e, sideBySide, unbrokenAndOnPaper } from './side-by-side.fixture.ts'

const cases: Case[] = [
  {
    promise: 'entry and exit actions run in document order, from the outside in and from the inside out',
    make: (say) =>
      createMachine({
        entry: () => say('root in'),
        initial: 'a',
        states: {
          a: {
            entry: () => say('a in'),
            exit: () => say('a out'),
            initial: 'b',
            states: { b: { entry: () => say('b in'), exit: () => say('b out') } },
            on: { go: { target: 'c', actions: () => say('between') } },
          },
          c: { entry: () => say('c in') },
        },
      }),
    script: [e('go')],
    said: ['root in', 'a in', 'b in', 'b out', 'a out', 'between', 'c in'],
    states: [{ a: 'b' }, 'c'],
  },
  {
    promise: 'an event that the state does not take is ignored, whatever its name',
    make: () => createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } }),
    script: [e('constructor'), e('no such event'), e('go'), e('go')],
    states: ['a', 'a', 'a', 'b', 'b'],
  },
  {
    promise: 'a child state takes an event before its parent does',
    make: (say) =>
      createMachine({
        initial: 'a',
        on: { go: { actions: () => say('parent') }, other: { actions: () => say('parent too') } },
        states: { a: { on: { go: { actions: () => say('child') } } } },
      }),
    script: [e('go'), e('other')],
    said: ['child', 'parent too'],
  },
  {
    promise: 'a forbidden transition keeps an event from the parent',
    make: (say) => createMachine({ initial: 'a', on: { go: { actions: () => say('parent') } }, states: { a: { on: { go: {} } } } }),
    script: [e('go')],
    said: [],
  },
  {
    promise: 'a transition to itself enters again only when it says so',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            entry: () => say('in'),
            exit: () => say('out'),
            on: { stay: { actions: () => say('stay') }, again: { target: 'a', reenter: true } },
          },
        },
      }),
    script: [e('stay'), e('again')],
    said: ['in', 'stay', 'out', 'in'],
  },
  {
    promise: 'parallel regions take an event each',
    make: () =>
      createMachine({
        type: 'parallel',
        states: {
          x: { initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } },
          y: { initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { back: 'a' } } } },
        },
      }),
    script: [e('go'), e('back')],
    states: [
      { x: 'a', y: 'a' },
      { x: 'b', y: 'b' },
      { x: 'b', y: 'a' },
    ],
  },
  {
    promise: 'shallow history remembers the child state, deep history all of it',
    make: () =>
      createMachine({
        initial: 'on',
        states: {
          on: {
            initial: 'first',
            states: {
              first: { on: { next: 'second' } },
              second: { initial: 'p', states: { p: { on: { deeper: 'q' } }, q: {} } },
              shallow: { type: 'history' },
              deep: { type: 'history', history: 'deep' },
            },
            on: { power: 'off' },
          },
          off: { on: { shallow: 'on.shallow', deep: 'on.deep' } },
        },
      }),
    script: [e('next'), e('deeper'), e('power'), e('shallow'), e('deeper'), e('power'), e('deep')],
    states: [
      { on: 'first' },
      { on: { second: 'p' } },
      { on: { second: 'q' } },
      'off',
      { on: { second: 'p' } },
      { on: { second: 'q' } },
      'off',
      { on: { second: 'q' } },
    ],
  },
  {
    promise: 'eventless transitions are followed until the machine is stable',
    make: () =>
      createMachine({
        context: { n: 0 },
        initial: 'a',
        states: {
          a: { on: { go: 'b' } },
          b: {
            entry: assign({ n: ({ context }) => context.n + 1 }),
            always: [{ target: 'd', guard: ({ context }) => context.n > 1 }, 'c'],
          },
          c: { always: 'b' },
          d: {},
        },
      }),
    script: [e('go')],
    states: ['a', 'd'],
  },
  {
    promise: 'guards compose: and, or, not, stateIn',
    make: (say) =>
      setup({ guards: { yes: () => true, no: () => false } }).createMachine({
        initial: 'a',
        states: {
          a: {
            on: {
              and: { guard: and(['yes', 'no']), actions: () => say('and') },
              or: { guard: or(['no', 'yes']), actions: () => say('or') },
              not: { guard: not('no'), actions: () => say('not') },
              in: { guard: stateIn('a'), actions: () => say('in') },
            },
          },
        },
      }),
    script: [e('and'), e('or'), e('not'), e('in')],
    said: ['or', 'not', 'in'],
  },
  {
    promise: 'guards and actions get their parameters',
    make: (say) =>
      setup({
        guards: { over: ({ event }, { limit }: { limit: number }) => (event as unknown as { n: number }).n > limit },
        actions: { tell: (_, { text }: { text: string }) => say(text) },
      }).createMachine({
        on: {
          n: {
            guard: { type: 'over', params: { limit: 5 } },
            actions: { type: 'tell', params: ({ event }) => ({ text: `n ${event.n}` }) },
          },
        },
      }),
    script: [e('n', { n: 5 }), e('n', { n: 6 })],
    said: ['n 6'],
  },
  {
    promise: 'the context of each action is that of its place in the sequence',
    make: (say) =>
      createMachine({
        context: { n: 0 },
        on: {
          go: {
            actions: [
              ({ context }) => say(context.n),
              assign({ n: 1 }),
              ({ context }) => say(context.n),
              assign({ n: ({ context }) => context.n * 10 }),
              ({ context }) => say(context.n),
            ],
          },
        },
      }),
    script: [e('go')],
    said: [0, 1, 10],
  },
  {
    promise: 'context is made from input',
    make: (say) =>
      createMachine({ context: ({ input }: { input: { n: number } }) => ({ n: input.n }), entry: ({ context }) => say(context.n) }),
    input: { n: 42 },
    said: [42],
  },
  {
    promise: 'a raised event is handled before the next message',
    make: (say) =>
      createMachine({
        on: {
          go: { actions: [raise({ type: 'inner' }), () => say('go')] },
          inner: { actions: () => say('inner') },
          next: { actions: () => say('next') },
        },
      }),
    script: [e('go'), e('next')],
    said: ['go', 'inner', 'next'],
  },
  {
    promise: 'raised events are handled in their order',
    make: (say) =>
      createMachine({
        entry: [raise({ type: 'one' }), raise({ type: 'two' })],
        on: {
          one: { actions: [() => say(1), raise({ type: 'three' })] },
          two: { actions: () => say(2) },
          three: { actions: () => say(3) },
        },
      }),
    said: [1, 2, 3],
  },
  {
    promise: 'what a machine sends to itself comes after the step',
    make: (say) =>
      createMachine({
        on: { go: { actions: [sendTo(({ self }) => self, { type: 'later' }), () => say('go')] }, later: { actions: () => say('later') } },
      }),
    script: [e('go')],
    said: ['go', 'later'],
  },
  {
    promise: 'enqueueActions runs what was enqueued, in order, with guards checked',
    make: (say) =>
      setup({ guards: { big: ({ context }) => context.n > 1 }, types: { context: {} as { n: number } } }).createMachine({
        context: { n: 1 },
        on: {
          go: {
            actions: enqueueActions(({ enqueue, check }) => {
              enqueue.assign({ n: 2 })
              enqueue(({ context }) => say(context.n))
              if (!check('big')) enqueue(() => say('was small'))
              enqueue.raise({ type: 'raised' })
            }),
          },
          raised: { actions: () => say('raised') },
        },
      }),
    script: [e('go')],
    said: [2, 'was small', 'raised'],
  },
  {
    promise: 'wildcards take what nothing more exact takes',
    make: (say) =>
      createMachine({
        on: {
          'mouse.click': { actions: () => say('exact') },
          'mouse.*': { actions: () => say('partial') },
          '*': { actions: ({ event }) => say(event.type) },
        },
      }),
    script: [e('mouse.click'), e('mouse.click.left'), e('mouse.up'), e('mouseup')],
    said: ['exact', 'partial', 'partial', 'mouseup'],
  },
  {
    promise: 'a compound state is done when its final child is entered, with its output',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            initial: 'x',
            states: { x: { on: { go: 'y' } }, y: { type: 'final', output: 7 } },
            onDone: { target: 'b', actions: ({ event }) => say(event.output) },
          },
          b: {},
        },
      }),
    script: [e('go')],
    said: [7],
    states: [{ a: 'x' }, 'b'],
  },
  {
    promise: 'a parallel state is done when all its regions are',
    make: () =>
      createMachine({
        initial: 'p',
        states: {
          p: {
            type: 'parallel',
            states: {
              x: { initial: 'a', states: { a: { on: { x: 'end' } }, end: { type: 'final' } } },
              y: { initial: 'a', states: { a: { on: { y: 'end' } }, end: { type: 'final' } } },
            },
            onDone: 'all',
          },
          all: {},
        },
      }),
    script: [e('x'), e('y')],
    states: [{ p: { x: 'a', y: 'a' } }, { p: { x: 'end', y: 'a' } }, 'all'],
  },
  {
    promise: 'a final state ends the machine with its output, after the exit actions',
    make: (say) =>
      createMachine({
        context: { n: 20 },
        exit: () => say('root out'),
        initial: 'a',
        states: { a: { on: { go: 'end' } }, end: { type: 'final', entry: () => say('end in') } },
        output: ({ context }) => context.n * 2,
      }),
    script: [e('go')],
    said: ['end in', 'root out'],
    states: ['a'],
    end: ['done', 40],
  },
  {
    promise: 'a machine can be done at once',
    make: () => createMachine({ initial: 'end', states: { end: { type: 'final' } }, output: 'early' }),
    states: [],
    end: ['done', 'early'],
  },
  {
    promise: 'stopping a machine runs no exit actions',
    make: (say) => createMachine({ initial: 'a', states: { a: { exit: () => say('out') } } }),
    said: [],
  },
  {
    promise: 'log says what it is given, with its label',
    make: () => createMachine({ on: { go: { actions: [log('plain'), log(({ event }) => event.type, 'label')] } } }),
    script: [e('go')],
    said: [
      ['log', 'plain'],
      ['log', 'label', 'go'],
    ],
  },
  {
    promise: 'an error in an action ends the machine with that error',
    make: () =>
      createMachine({
        on: {
          go: {
            actions: () => {
              throw new Error('no')
            },
          },
        },
      }),
    script: [e('go')],
    end: ['error', 'Error: no'],
  },
  {
    promise: 'an error in an entry action of the initial state ends the machine',
    make: () =>
      createMachine({
        entry: () => {
          throw new Error('early')
        },
      }),
    states: [],
    end: ['error', 'Error: early'],
  },
]

test.each(cases)('$promise', sideBySide)
test.each(cases)('on paper after each line: $promise', unbrokenAndOnPaper)
