// The stash against a model: two lists and a door.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

type Type = 'work' | 'later' | 'open' | 'close' | 'fail'
interface Sent {
  readonly type: Type
  readonly n: number
}

/** What becomes of messages at a door that fails when too many wait before it. A failure shuts the door, and they queue up again. */
class Model {
  readonly log: string[] = []
  readonly capacity: number
  queue: Sent[] = []
  stash: Sent[] = []
  #isOpen = false

  constructor(capacity: number) {
    this.capacity = capacity
  }

  settle(): void {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) this.#handle(next)
  }

  #handle(message: Sent): void {
    const { type, n } = message
    if (type === 'close') this.#isOpen = false
    else if (type === 'open') {
      this.#isOpen = true
      this.#release()
    } else if (type === 'fail' || (!this.#isOpen && this.stash.length === this.capacity)) {
      this.log.push(`${n} poison`)
      this.#isOpen = false
      this.#release()
    } else if (this.#isOpen) this.log.push(`${n} done`)
    else this.stash.push(message)
  }

  #release(): void {
    this.queue.unshift(...this.stash.splice(0))
  }
}

test('whatever is stashed, opened, closed and restarted, every message is handled in order, once, or refused by a full stash', async () => {
  const step = fc.constantFrom<Type | 'settle'>('work', 'work', 'work', 'later', 'open', 'close', 'fail', 'settle')
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60, size: 'max' }), async (capacity, steps) => {
      const { env, system, cell } = stage()
      const model = new Model(capacity)
      const log: string[] = []
      const definition = actor({
        name: 'a',
        mailbox: { stashCapacity: capacity },
        state: () => ({ isOpen: false }),
        on: {
          work: (state, { n }: Sent, ctx) => {
            if (state.isOpen) log.push(`${n} done`)
            else ctx.stash()
          },
          later: async (state, { n }: Sent, ctx) => {
            await Promise.resolve()
            if (state.isOpen) log.push(`${n} done`)
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
      system.onEvent('dead-letter', ({ letter }) => log.push(`${(letter.message as Sent).n} ${letter.reason}`))
      const { ref } = cell('/boss/a')
      for (const [n, type] of [...steps, 'settle' as const, 'open' as const, 'settle' as const].entries()) {
        if (type !== 'settle') {
          ref.tell({ type, n } as never)
          model.queue.push({ type, n })
          continue
        }
        await env.settle()
        model.settle()
        expect(log).toEqual(model.log)
        // What is put aside still waits, and nothing else does.
        expect(system.counters.waiting).toBe(model.stash.length)
        expectBalanced(system)
      }
      expect(system.counters.waiting).toBe(0)
    }),
    { numRuns: 200 },
  )
})
