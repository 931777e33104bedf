import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

type Step = 'work' | 'open' | 'close' | 'fail' | 'settle'

test('whatever is stashed, opened, closed and restarted, every message is handled in order, once, or refused by a full stash', async () => {
  const step = fc.constantFrom<Step>('work', 'work', 'work', 'open', 'close', 'fail', 'settle')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const { env, system, cell } = stage()
      const seen: number[] = []
      const definition = actor({
        name: 'a',
        mailbox: { stashCapacity: 4 },
        state: () => ({ isOpen: false }),
        on: {
          work: (state, { n }: { n: number }, ctx) => {
            if (state.isOpen) seen.push(n)
            else ctx.stash()
          },
          open: (state, _message, ctx) => {
            state.isOpen = true
            ctx.unstashAll()
          },
          close: (state) => {
            state.isOpen = false
          },
          fail() {
            throw new Error('boom')
          },
        },
      })
      const supervisor = boss({ start: (control) => void control.spawn(definition, { name: 'a' }) })
      supervisor.onDown = (child) => supervisor.control.order(child, { type: 'restart' })
      system.spawn(supervisor.definition, { name: 'boss' })
      const { ref } = cell('/boss/a')
      let sent = 0
      for (const type of steps) {
        if (type === 'settle') await env.settle()
        else ref.tell((type === 'work' ? { type, n: sent++ } : { type }) as never)
      }
      await env.settle()
      expectBalanced(system)
      ref.tell({ type: 'open' } as never)
      await env.settle()
      const refused = system.deadLetters.query({ type: 'work' }).map(({ message }) => (message as { n?: number }).n!)
      expect([...seen, ...refused].sort((a, b) => a - b)).toEqual(Array.from({ length: sent }, (_, n) => n))
      expect(seen).toEqual([...seen].sort((a, b) => a - b))
      expect(system.counters.waiting).toBe(0)
      expectBalanced(system)
    }),
    { numRuns: 150 },
  )
})
