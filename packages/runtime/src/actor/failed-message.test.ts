import { expect, test } from 'vitest'
import { boss } from '../testing/boss.fixture.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'

test.each(['resume', 'restart'] as const)(
  '%s can have the message handled again that failed, before all others, if it was held',
  async (type) => {
    const on = stage()
    const seen: string[] = []
    let failures = 2
    const worker = actor({
      name: 'worker',
      state: () => ({}),
      on: {
        work: (_: object, { n }: { n: number }) => {
          if (n === 1 && failures-- > 0) throw new Error('not yet')
          seen.push(`${n}`)
          return n
        },
      },
    })
    const supervisor = boss({ start: (control) => void control.spawn(worker, { name: 'worker' }), holdsFailed: () => true })
    on.system.spawn(supervisor.definition, { name: 'boss' })
    const cell = on.cell('/boss/worker')
    const answer = on.system.ref('/boss/worker', worker).ask({ type: 'work', n: 1 })
    cell.ref.tell({ type: 'work', n: 2 } as never)
    await on.env.settle()
    expectBalanced(on.system)
    expect(cell.waiting).toBe(2)
    for (let n = 0; n < 2; n++) {
      supervisor.control.order(cell, { type, message: 'retry' })
      await on.env.settle()
    }
    expect(await answer).toBe(1)
    expect(seen).toEqual(['1', '2'])
    expect(on.events.filter((event) => event.type === 'dead-letter')).toEqual([])
  },
)

test.each(['resume', 'restart', 'remove'] as const)(
  'a message that was held is a dead letter when %s comes without a retry',
  async (type) => {
    const on = stage()
    const worker = actor({
      name: 'worker',
      state: () => ({}),
      on: {
        work: () => {
          throw new Error('boom')
        },
      },
    })
    const supervisor = boss({ start: (control) => void control.spawn(worker, { name: 'worker' }), holdsFailed: () => true })
    on.system.spawn(supervisor.definition, { name: 'boss' })
    const cell = on.cell('/boss/worker')
    const answer = on.system.ref('/boss/worker', worker).ask({ type: 'work' })
    answer.catch(() => {})
    await on.env.settle()
    expect(on.events.filter((event) => event.type === 'dead-letter')).toEqual([])
    supervisor.control.order(cell, { type })
    await expect(answer).rejects.toThrow('boom')
    await on.env.settle()
    expect(cell.waiting).toBe(0)
  },
)

test.each(['deferReply', 'forward'] as const)(
  'a message that had been given to somebody else to answer by %s can be handled again as if it had not',
  async (how) => {
    const on = stage()
    const helper = on.system.spawn(actor({ name: 'helper', on: { q: () => 'helper' } }))
    let failures = 1
    const worker = actor({
      name: 'worker',
      on: {
        q: (_state, _message, ctx) => {
          const later = how === 'deferReply' ? ctx.deferReply<string>() : undefined
          if (later === undefined) ctx.forward(helper)
          if (failures-- > 0) throw new Error('not yet')
          later?.resolve('worker')
        },
      },
    })
    const supervisor = boss({ start: (control) => void control.spawn(worker, { name: 'worker' }), holdsFailed: () => true })
    let orders = 3
    supervisor.onDown = (child) => orders-- > 0 && supervisor.control.order(child, { type: 'resume', message: 'retry' })
    on.system.spawn(supervisor.definition, { name: 'boss' })
    const asked = on.system.ref('/boss/worker', worker).ask({ type: 'q' })
    const answer = (asked as Promise<unknown>).catch((cause: unknown) => cause)
    await on.env.settle()
    await on.env.advance(10_000)
    const causes = on.events.flatMap((event) => (event.type === 'actor.failed' ? [String(event.cause)] : []))
    expect(causes).toEqual(['Error: not yet'])
    // Forwarded, it was answered the first time already.
    if (how === 'forward') expect(await answer).toBe('helper')
    expect(on.events.filter((event) => event.type === 'dead-letter')).toEqual([])
  },
)

test('a restart can drop what waits; a mailbox can be told to shed, and to take messages again', async () => {
  const on = stage()
  const seen: number[] = []
  const worker = actor({
    name: 'worker',
    state: () => ({}),
    on: {
      n: (_: object, { n }: { n: number }) => void seen.push(n),
      fail: () => {
        throw new Error('boom')
      },
    },
  })
  const supervisor = boss({ start: (control) => void control.spawn(worker, { name: 'worker' }) })
  on.system.spawn(supervisor.definition, { name: 'boss' })
  const cell = on.cell('/boss/worker')
  const ref = on.system.ref('/boss/worker', worker)
  ref.tell({ type: 'fail' })
  for (const n of [1, 2]) ref.tell({ type: 'n', n })
  await on.env.settle()
  supervisor.control.order(cell, { type: 'restart', mailbox: 'drop' })
  await on.env.settle()
  expect(seen).toEqual([])
  supervisor.control.order(cell, { type: 'shed' })
  ref.tell({ type: 'n', n: 3 })
  expect(ref.tryTell({ type: 'n', n: 3 })).toBe(false)
  supervisor.control.order(cell, { type: 'shed' })
  supervisor.control.order(cell, { type: 'admit' })
  ref.tell({ type: 'n', n: 4 })
  await on.env.settle()
  expect(seen).toEqual([4])
  const reasons = on.events.flatMap((event) => (event.type === 'dead-letter' ? [event.letter.reason] : []))
  expect(reasons).toEqual(['poison', 'shed', 'shed', 'shed'])
})
