// The mailbox of a living actor against a model of a dozen lines: two lanes, every overflow policy, and what stops and starts them.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { actor } from '../actor/define.ts'
import type { Overflow } from '../contracts/behavior.ts'
import { boss } from '../testing/boss.fixture.ts'
import { type Deferred, deferred, expectBalanced, stage } from '../testing/stage.fixture.ts'

type Kind = 'note' | 'burst' | 'hold' | 'fail'
type Step =
  | { readonly do: 'tell' | 'tryTell' | 'offer'; readonly kind: Kind }
  | { readonly do: 'resume' | 'restart'; readonly retry: boolean; readonly drop: boolean }
  | { readonly do: 'signal' | 'settle' | 'release' | 'shed' | 'admit' | 'stop' }

interface Waiting {
  readonly n: number
  readonly kind: Kind
}

/** What a mailbox is to do, said once more: no rings, no turns, no promises. */
class Model {
  readonly capacity: number
  readonly overflow: Overflow
  readonly log: string[] = []
  queue: Waiting[] = []
  offers: Waiting[] = []
  life: 'running' | 'held' | 'suspended' | 'stopped' = 'running'
  held: Waiting | undefined
  incarnation = 1
  signals = 0
  order: 'restart' | 'stop' | undefined
  sheds = false
  /** The message that was failed on, where it waits for the order. */
  failed: Waiting | undefined
  /** The offers that got in. */
  readonly taken = new Set<number>()
  next = 0

  readonly holdsFailed: boolean

  constructor(capacity: number, overflow: Overflow, holdsFailed: boolean) {
    this.capacity = capacity
    this.overflow = overflow
    this.holdsFailed = holdsFailed
  }

  get full(): boolean {
    return this.sheds || this.queue.length >= this.capacity
  }

  post(message: Waiting): void {
    if (this.life === 'stopped') this.log.push(`${message.n} stopped`)
    else if (!this.full) this.queue.push(message)
    else if (this.sheds) this.log.push(`${message.n} shed`)
    else if (this.overflow === 'drop-oldest') {
      this.log.push(`${this.queue.shift()!.n} mailbox-full`)
      this.queue.push(message)
    } else this.log.push(`${message.n} mailbox-full`)
  }

  /** Answers whether it has to wait. */
  offer(message: Waiting): boolean {
    const waits = this.full && this.overflow === 'suspend-sender' && this.life !== 'stopped'
    if (waits) this.offers.push(message)
    else {
      this.post(message)
      if (this.queue.includes(message)) this.taken.add(message.n)
    }
    return waits
  }

  settle(): void {
    // An order counts once nothing is in hand any more.
    if (this.order !== undefined && this.life !== 'held') this.obey()
    this.admit()
    while (this.life === 'running' && (this.signals > 0 || this.queue.length > 0)) {
      if (this.signals > 0) {
        this.signals--
        this.log.push(`signal in ${this.incarnation}`)
      } else this.handle(this.queue.shift()!)
      this.admit()
    }
  }

  handle(message: Waiting): void {
    if (message.kind === 'hold') {
      this.life = 'held'
      this.held = message
      return
    }
    if (message.kind === 'fail') {
      this.life = 'suspended'
      if (this.holdsFailed) this.failed = message
      else this.log.push(`${message.n} poison`)
      return
    }
    this.log.push(`${message.n} handled in ${this.incarnation}`)
    if (message.kind === 'burst') for (let count = 0; count < 3; count++) this.post({ n: this.next++, kind: 'note' })
  }

  /** What becomes of what waits for a supervisor's word. */
  told({ retry, drop }: { readonly retry: boolean; readonly drop: boolean }): void {
    if (drop) for (const { n } of this.queue.splice(0)) this.log.push(`${n} shed`)
    if (this.failed === undefined) return
    if (retry) this.queue.unshift(this.failed)
    else this.log.push(`${this.failed.n} poison`)
    this.failed = undefined
  }

  release(): void {
    if (this.life !== 'held') return
    this.log.push(`${this.held!.n} handled in ${this.incarnation}`)
    this.life = 'running'
  }

  obey(): void {
    if (this.order === 'restart') {
      // An exit signal is for an incarnation: what it could not hear any more is over with it.
      this.signals = 0
      this.incarnation++
      this.life = 'running'
    } else {
      this.life = 'stopped'
      if (this.failed !== undefined) this.log.push(`${this.failed.n} poison`)
      this.failed = undefined
      for (const { n } of this.queue) this.log.push(`${n} stopped`)
      for (const { n } of this.offers) this.log.push(`${n} refused`)
      this.queue = []
      this.offers = []
    }
    this.order = undefined
  }

  admit(): void {
    while (this.offers.length > 0 && !this.full) {
      this.taken.add(this.offers[0]!.n)
      this.queue.push(this.offers.shift()!)
    }
  }
}

const kind = fc.constantFrom<Kind>('note', 'note', 'note', 'note', 'burst', 'hold', 'fail')
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constantFrom('tell' as const, 'tryTell' as const, 'offer' as const), kind }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('signal', 'settle', 'settle', 'release', 'release') }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('resume' as const, 'restart' as const), retry: fc.boolean(), drop: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('shed', 'admit', 'admit') }) },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
)

const sends = new Set<Step['do']>(['tell', 'tryTell', 'offer', 'signal'])

test.each<Overflow>(['reject', 'drop-oldest', 'suspend-sender'])(
  'whatever is sent, held, failed, resumed, restarted and stopped, a mailbox that overflows by %s does what its model does',
  async (overflow) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        fc.array(step, { maxLength: 60, size: 'max' }).map((steps) => [...steps, { do: 'settle' as const }]),
        async (capacity, holdsFailed, steps) => {
          const model = new Model(capacity, overflow, holdsFailed)
          // One message a turn: then offers are let in after each message, as the model has it.
          const on = stage({ dispatch: { throughput: 1 } })
          const log: string[] = []
          let gate: Deferred<void> | undefined
          const taken = new Set<number>()
          let next = 0
          const handled = (n: number, incarnation: number): void => void log.push(`${n} handled in ${incarnation}`)
          const definition = actor({
            name: 'a',
            mailbox: { capacity, overflow },
            trapExit: true,
            shutdownMs: 'infinity',
            on: {
              note: (_s, { n }: { n: number }, ctx) => handled(n, ctx.incarnation),
              burst: (_s, { n }: { n: number }, ctx) => {
                handled(n, ctx.incarnation)
                for (let count = 0; count < 3; count++) ctx.self.tell({ type: 'note', n: next++ })
              },
              hold: async (_s, { n }: { n: number }, ctx) => {
                gate = deferred()
                await gate.promise
                handled(n, ctx.incarnation)
              },
              fail() {
                throw new Error('boom')
              },
            },
            exited: (_s, _event, ctx) => void log.push(`signal in ${ctx.incarnation}`),
          })
          const supervisor = boss({ holdsFailed: () => holdsFailed, start: (control) => void control.spawn(definition, { name: 'a' }) })
          on.system.spawn(supervisor.definition, { name: 'boss' })
          const cell = on.cell('/boss/a')
          on.system.onEvent('dead-letter', ({ letter }) => log.push(`${(letter.message as unknown as Waiting).n} ${letter.reason}`))

          const settle = async (): Promise<void> => {
            await on.env.settle()
            model.settle()
          }
          for (const what of steps) {
            switch (what.do) {
              case 'tell':
              case 'tryTell':
              case 'offer': {
                const waiting = { n: next++, kind: what.kind }
                model.next = next
                const message = { type: what.kind, n: waiting.n } as never
                if (what.do === 'tell') {
                  cell.ref.tell(message)
                  model.post(waiting)
                } else if (what.do === 'tryTell') {
                  const isTaken = cell.ref.tryTell(message)
                  expect(isTaken).toBe(model.life !== 'stopped' && (!model.full || (overflow === 'drop-oldest' && !model.sheds)))
                  if (isTaken) model.post(waiting)
                } else {
                  const waits = model.offer(waiting)
                  cell.ref.offer(message).then(
                    () => taken.add(waiting.n),
                    () => void (waits && log.push(`${waiting.n} refused`)),
                  )
                }
                break
              }
              case 'signal':
                if (model.life !== 'stopped') model.signals++
                cell.exitSignal(undefined, cell.address, 'normal')
                break
              case 'release':
                gate?.resolve()
                model.release()
                break
              case 'resume':
                if (model.life === 'suspended') {
                  model.told({ ...what, drop: false })
                  model.life = 'running'
                }
                supervisor.control.order(cell, { type: 'resume', message: what.retry ? 'retry' : 'drop' })
                break
              case 'shed':
              case 'admit':
                model.sheds = what.do === 'shed'
                supervisor.control.order(cell, { type: what.do })
                break
              case 'restart':
              case 'stop':
                await settle()
                // One order at a time: what becomes of two that meet is told by the tests of life.
                if (model.order !== undefined || model.life === 'stopped') break
                model.order = what.do
                if (what.do === 'restart') model.told(what)
                supervisor.control.order(
                  cell,
                  'retry' in what
                    ? { type: 'restart', message: what.retry ? 'retry' : 'drop', mailbox: what.drop ? 'drop' : 'keep' }
                    : { type: 'remove' },
                )
                break
              case 'settle':
                break
            }
            if (sends.has(what.do)) continue
            await settle()
            expect(log).toEqual(model.log)
            expect(taken).toEqual(model.taken)
            expect(cell.waiting).toBe(model.queue.length + (model.life === 'held' ? 1 : 0) + (model.failed === undefined ? 0 : 1))
            expectBalanced(on.system)
          }
        },
      ),
      { numRuns: 300 },
    )
  },
)
