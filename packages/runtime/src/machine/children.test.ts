// The behaviour of XState's own tests for invoked children, as promises of ours. Each machine also runs by XState.

import { test } from 'vitest'
import {
  assign,
  createMachine,
  forwardTo,
  fromCallback,
  fromEventObservable,
  fromObservable,
  fromPromise,
  sendParent,
  sendTo,
} from 'xstate'
import { type Case, e, sideBySide } from './side-by-side.fixture.ts'

/** What comes from a child, as far as it is looked at. */
interface Told {
  readonly event: { readonly output?: unknown; readonly error?: unknown; readonly snapshot?: { readonly context: unknown } }
}

const fails = (): never => {
  throw new Error('no')
}

/** An observable of values, all at once, and then complete, fail or wait. */
const of = (values: readonly unknown[], then: 'complete' | 'wait' | Error, unsubscribed = () => {}) => ({
  subscribe(observer: { next?: (value: never) => void; error?: (cause: unknown) => void; complete?: () => void }) {
    for (const value of values) observer.next?.(value as never)
    if (then === 'complete') observer.complete?.()
    else if (then !== 'wait') observer.error?.(then)
    return { unsubscribe: unsubscribed }
  },
})

const invoked: Case[] = [
  {
    promise: 'the result of an invoked promise comes as its done event',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: {
              src: fromPromise(async ({ input }) => (input as number) * 2),
              input: 21,
              onDone: { target: 'b', actions: ({ event }: Told) => say(event.output) },
            },
          },
          b: {},
        },
      }),
    said: [42],
  },
  {
    promise: 'a rejected promise comes as its error event',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: {
              src: fromPromise(() => Promise.reject(new Error('no'))),
              onError: { target: 'b', actions: ({ event }: Told) => say((event.error as Error).message) },
            },
          },
          b: {},
        },
      }),
    said: ['no'],
  },
  {
    promise: 'a rejection that the machine has no word for ends it with that error',
    make: () => createMachine({ initial: 'a', states: { a: { invoke: { src: fromPromise(() => Promise.reject(new Error('no'))) } } } }),
    states: [],
    end: ['error', 'Error: no'],
  },
  {
    promise: 'leaving the state aborts the promise, and its result is not heard',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: {
              src: fromPromise(({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(say('aborted'))))),
              onDone: 'never',
            },
            on: { go: 'b' },
          },
          b: {},
          never: {},
        },
      }),
    script: [e('go')],
    said: ['aborted'],
    states: ['a', 'b'],
  },
  {
    promise: 'a callback hears what it is sent, answers, and is cleaned up',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: {
              id: 'echo',
              src: fromCallback(({ receive, sendBack }) => {
                receive((event) => {
                  say(event.type)
                  sendBack({ type: 'pong' })
                })
                return () => say('cleaned up')
              }),
            },
            entry: sendTo('echo', { type: 'ping' }),
            on: { pong: 'b' },
          },
          b: {},
        },
      }),
    said: ['ping', 'cleaned up'],
    states: ['b'],
  },
  {
    promise: 'what is sent to a child while its state is left still reaches it',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: { id: 'child', src: fromCallback(({ receive }) => (receive((event) => say(event.type)), () => say('cleaned up'))) },
            exit: sendTo('child', { type: 'bye' }),
            on: { go: 'b' },
          },
          b: {},
        },
      }),
    script: [e('go')],
    said: ['bye', 'cleaned up'],
  },
  {
    promise: 'entering a state again while its child has mail: the old one hears it, the new one does not',
    make: (say) => {
      let count = 0
      const src = fromCallback(({ receive }) => {
        const n = ++count
        receive((event) => say(`${n} hears ${event.type}`))
        return () => say(`${n} is cleaned up`)
      })
      return createMachine({
        initial: 'a',
        states: {
          a: { invoke: { id: 'child', src }, exit: sendTo('child', { type: 'bye' }), on: { again: { target: 'a', reenter: true } } },
        },
        on: { call: { actions: sendTo('child', { type: 'call' }) } },
      })
    },
    script: [e('again'), e('call')],
    said: ['1 hears bye', '1 is cleaned up', '2 hears call'],
  },
  {
    promise: 'a child whose state is left within the step is never started',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: { a: { invoke: { src: fromCallback(() => say('started')) }, always: 'b' }, b: {} },
      }),
    said: [],
  },
  {
    promise: 'a callback that throws at its start comes as an error event',
    make: (say) =>
      createMachine({
        invoke: {
          src: fromCallback(() => {
            throw new Error('no')
          }),
          onError: { actions: ({ event }: Told) => say((event.error as Error).message) },
        },
      }),
    said: ['no'],
  },
  {
    promise: 'parent and child machines talk: input, forwarded events, sendParent, output',
    make: (say) => {
      const child = createMachine({
        context: ({ input }) => ({ n: input as number }),
        initial: 'a',
        states: {
          a: {
            on: {
              add: {
                actions: [assign({ n: ({ context }) => context.n + 1 }), sendParent(({ context }) => ({ type: 'now', n: context.n }))],
              },
              end: 'b',
            },
          },
          b: { type: 'final' },
        },
        output: ({ context }) => context.n,
      })
      return createMachine({
        initial: 'on',
        states: {
          on: {
            invoke: { id: 'child', src: child, input: 40, onDone: { target: 'off', actions: ({ event }: Told) => say(event.output) } },
            on: {
              add: { actions: forwardTo('child') },
              end: { actions: forwardTo('child') },
              now: { actions: ({ event }) => say(event.n) },
            },
          },
          off: {},
        },
      })
    },
    script: [e('add'), e('add'), e('end')],
    said: [41, 42, 42],
    states: ['on', 'on', 'on', 'off'],
  },
  {
    promise: 'a child machine that throws comes as an error event',
    make: (say) =>
      createMachine({
        invoke: {
          id: 'child',
          src: createMachine({
            on: {
              go: {
                actions: () => {
                  throw new Error('no')
                },
              },
            },
          }),
          onError: { actions: ({ event }: Told) => say((event.error as Error).message) },
        },
        on: { go: { actions: sendTo('child', { type: 'go' }) } },
      }),
    script: [e('go')],
    said: ['no'],
  },
  {
    promise: 'a child machine that is done at once is heard',
    make: (say) =>
      createMachine({
        invoke: {
          src: createMachine({ initial: 'end', states: { end: { type: 'final' } }, output: 'at once' }),
          onDone: { actions: ({ event }: Told) => say(event.output) },
        },
      }),
    said: ['at once'],
  },
  {
    promise: 'a child machine that throws at its start comes as an error event',
    make: (say) =>
      createMachine({
        invoke: {
          src: createMachine({ context: fails }),
          onError: { actions: ({ event }: Told) => say((event.error as Error).message) },
        },
      }),
    said: ['no'],
  },
  {
    promise: 'entering a state again starts its child anew',
    make: (say) => {
      let count = 0
      return createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: {
              src: fromCallback(() => {
                const n = ++count
                say(`start ${n}`)
                return () => say(`stop ${n}`)
              }),
            },
            on: { again: { target: 'a', reenter: true } },
          },
        },
      })
    },
    script: [e('again')],
    said: ['start 1', 'stop 1', 'start 2'],
  },
  {
    promise: 'an observable comes as snapshots, and is unsubscribed',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: {
            invoke: {
              src: fromObservable(() => of([1, 2], 'wait', () => say('unsubscribed')) as never),
              onSnapshot: { actions: ({ event }: Told) => say(event.snapshot?.context) },
            },
            on: { go: 'b' },
          },
          b: {},
        },
      }),
    script: [e('go')],
    said: [undefined, 1, 2, 'unsubscribed'],
  },
  {
    promise: 'an observable of events sends them to the machine, and its end is done',
    make: (say) =>
      createMachine({
        invoke: { src: fromEventObservable(() => of([e('n'), e('n')], 'complete') as never), onDone: { actions: () => say('done') } },
        on: { n: { actions: () => say('n') } },
      }),
    said: ['n', 'n', 'done'],
  },
]

test.each(invoked)('$promise', sideBySide)
