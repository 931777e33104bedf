// The behaviour of XState's own tests for spawned children and systems of actors, as promises of ours. Each machine also runs by XState.

import { test } from 'vitest'
import { assign, createMachine, emit, fromCallback, fromTransition, sendTo, setup, spawnChild, stopChild } from 'xstate'
import { type Case, e, sideBySide } from './side-by-side.fixture.ts'

const spawned: Case[] = [
  {
    promise: 'spawnChild starts a child, stopChild stops it',
    make: (say) =>
      createMachine({
        entry: spawnChild(
          fromCallback(({ receive }) => {
            receive((event) => say(event.type))
            return () => say('cleaned up')
          }),
          { id: 'child' },
        ),
        on: { say: { actions: sendTo('child', { type: 'hello' }) }, stop: { actions: stopChild('child') } },
      }),
    script: [e('say'), e('stop')],
    said: ['hello', 'cleaned up'],
  },
  {
    promise: 'a child spawned into the context is sent to by its ref, also from an action',
    make: (say) =>
      setup({ actors: { child: fromCallback(({ receive }) => receive((event) => say(event.type))) } }).createMachine({
        context: ({ spawn }) => ({ ref: spawn('child') }),
        on: {
          one: { actions: sendTo(({ context }) => context.ref, { type: 'sent' }) },
          two: { actions: ({ context }) => context.ref.send({ type: 'by hand' }) },
        },
      }),
    script: [e('one'), e('two')],
    said: ['sent', 'by hand'],
  },
  {
    promise: 'children spawned by assign live on in other states, and show their snapshots',
    make: (say) =>
      createMachine({
        context: { refs: [] as { getSnapshot(): { context: number }; send(event: object): void }[] },
        on: {
          spawn: {
            actions: assign({ refs: ({ context, spawn }) => [...context.refs, spawn(fromTransition((n: number) => n + 1, 0)) as never] }),
          },
          bump: { actions: ({ context }) => context.refs.forEach((ref) => ref.send({ type: 'any' })) },
          look: { actions: ({ context }) => say(context.refs.map((ref) => ref.getSnapshot().context)) },
        },
      }),
    script: [e('spawn'), e('bump'), e('spawn'), e('bump'), e('look')],
    said: [[2, 1]],
  },
  {
    promise: 'actors are found by their systemId while they live',
    make: (say) =>
      createMachine({
        initial: 'a',
        states: {
          a: { invoke: { systemId: 'known', src: fromCallback(({ receive }) => receive((event) => say(event.type))) }, on: { go: 'b' } },
          b: {},
        },
        on: {
          call: {
            actions: ({ system }) => (system.get('known') === undefined ? say('nobody') : system.get('known').send({ type: 'found' })),
          },
        },
      }),
    script: [e('call'), e('go'), e('call')],
    said: ['found', 'nobody'],
  },
  {
    promise: 'children of children live and die with them',
    make: (say) => {
      const leaf = fromCallback(() => () => say('leaf cleaned up'))
      const branch = createMachine({ invoke: { src: leaf, systemId: 'leaf' }, entry: () => say('branch') })
      return createMachine({ initial: 'a', states: { a: { invoke: { src: branch }, on: { go: 'b' } }, b: {} } })
    },
    script: [e('go')],
    said: ['branch', 'leaf cleaned up'],
  },
  {
    promise: 'emitting to nobody is nothing',
    make: () => createMachine({ entry: emit({ type: 'heard by none' }) }),
    states: [{}],
  },
]

test.each(spawned)('$promise', sideBySide)
