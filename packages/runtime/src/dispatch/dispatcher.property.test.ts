// The dispatcher against a model: a queue of names. Who runs next, for how long, and when I/O has its turn, whatever the work.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actor } from '../actor/define.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { Dispatcher, type Runnable } from './dispatcher.ts'
import { WorkEnv } from './work-env.fixture.ts'

const firstReading = 4
const perReading = 64

/** A worker's messages, each with the worker that it gives work to (itself, maybe), or none. */
const work = fc.array(fc.option(fc.nat({ max: 7 }), { nil: undefined }), { maxLength: 150, size: 'max' })
const costMs = fc.constantFrom(0, 0.001, 0.01, 0.1, 0.5, 1, 3, 7)

test('whatever the work, turns go round in order, none is longer than it may be, all work is done, and I/O waits for no more than a slice and a bit', () => {
  fc.assert(
    fc.property(
      fc.array(work, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 80 }),
      fc.integer({ min: 0, max: 10 }),
      costMs,
      (works, throughput, sliceMs, cost) => {
        const env = new WorkEnv()
        const dispatcher = new Dispatcher(env, { throughput, sliceMs })
        // The model: those who have work, in the order in which they came by it.
        const line: number[] = []
        const left = works.map((messages) => messages.length)
        const done = works.map(() => 0)
        const give = (to: number): void => {
          left[to]!++
          if (!line.includes(to) && to !== running) line.push(to)
          dispatcher.schedule(workers[to]!)
        }
        let running: number | undefined
        const workers = works.map((messages, name): Runnable => {
          const gifts = [...messages]
          return {
            queued: false,
            get ready() {
              return left[name]! > 0
            },
            turn(limit) {
              expect(name).toBe(line.shift())
              expect(limit).toBeLessThanOrEqual(throughput)
              running = name
              let handled = 0
              for (; handled < limit && left[name]! > 0; handled++) {
                env.clock += cost
                left[name]!--
                done[name]!++
                const to = gifts.shift()
                if (to !== undefined && to < works.length) give(to)
              }
              running = undefined
              if (left[name]! > 0) line.push(name)
              return handled
            },
          }
        })
        for (const [name, worker] of workers.entries()) {
          if (left[name] === 0) continue
          line.push(name)
          dispatcher.schedule(worker)
        }
        // What nobody works for would be work that is forgotten.
        for (let rounds = 0; line.length > 0; rounds++) {
          expect(rounds).toBeLessThan(20_000)
          const took = env.stretch()
          // A stretch between two readings of the clock is as long as the one before says that it may be, give or take one turn.
          expect(took).toBeLessThan(Math.min(2 * sliceMs + 2 * firstReading * cost, sliceMs + 2 * perReading * cost) + 1e-6)
        }
        const gifts = works.flat().filter((to) => to !== undefined && to < works.length).length
        expect(done.reduce((sum, count) => sum + count, 0)).toBe(works.flat().length + gifts)
        expect(workers.every(({ queued }) => !queued)).toBe(true)
        expect(env.stretch()).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
})

test('of actors that always have work none gets ahead of another by more than a turn, and messages from outside get in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 40 }),
      async (count, throughput, backlog) => {
        const { env, system } = stage({ dispatch: { throughput } })
        const handled = Array.from({ length: count }, () => 0)
        let isOver = false
        let widest = 0
        const busy = actor({
          name: 'busy',
          on: {
            go: (_s, { name }: { name: number }, ctx) => {
              handled[name]!++
              if (name === 0) widest = Math.max(widest, Math.max(...handled) - Math.min(...handled))
              if (handled[name] === 5000) isOver = true
              if (!isOver) ctx.self.tell({ type: 'go', name })
            },
          },
        })
        for (let name = 0; name < count; name++) {
          const ref = system.spawn(busy)
          for (let n = 0; n < backlog; n++) ref.tell({ type: 'go', name })
        }
        let heardAt = -1
        const outside = system.spawn(actor({ name: 'outside', on: { hello: () => void (heardAt = handled[0]!) } }))
        outside.tell({ type: 'hello' })
        await env.settle()
        expect(widest).toBeLessThanOrEqual(2 * Math.min(throughput, perReading))
        expect(heardAt).toBeLessThanOrEqual(Math.min(throughput, perReading))
        expectBalanced(system)
      },
    ),
    { numRuns: 25 },
  )
})
