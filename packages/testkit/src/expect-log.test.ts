import { actor, createSystem } from '@understudy/runtime'
import { expect, test } from 'vitest'
import { expectLog } from './expect-log.ts'
import { recordingLogger } from './recording-logger.ts'
import { testSystem } from './test-system.ts'

const nine = { type: 'say', n: 9 }
const talker = actor({
  name: 'talker',
  on: {
    say: (_state: undefined, message: { n: number }, ctx) => ctx.log.info({ n: message.n }, `said ${message.n}`),
    later: (_state: undefined, _message: object, ctx) => ctx.after('say', 50, nine),
    crash: () => {
      throw new Error('boom')
    },
  },
})

test('a line is found by level, text and fields; lines from before do not count', async () => {
  await using system = testSystem()
  const ref = system.spawn(talker)
  ref.tell({ type: 'say', n: 1 })
  await system.settle()
  const lines = await system.expectLog({ level: 'info', text: /^said/, fields: { n: expect.any(Number) } }, () =>
    ref.tell({ type: 'say', n: 2 }),
  )
  expect(lines).toEqual([{ level: 'info', fields: { n: 2 }, text: 'said 2', at: 0 }])
  await system.expectLog({ text: 'said 9' }, () => ref.tell({ type: 'later' }), { withinMs: 100 })
  expect(system.env.now()).toBe(50)
  await system.expectLog({ level: 'warn', fields: { event: 'actor.failed' }, times: 1 }, () => ref.tell({ type: 'crash' }))
})

test('times is exact, and 0 means never', async () => {
  await using system = testSystem()
  const ref = system.spawn(talker)
  const twice = () => {
    for (const n of [1, 2]) ref.tell({ type: 'say', n })
  }
  await system.expectLog({ text: 'said', times: 2 }, twice)
  await expect(system.expectLog({ text: 'said', times: 1 }, twice)).rejects.toThrow(
    /expected 1 log lines .*found 2; written were:\n {2}info said 1/,
  )
  await expect(system.expectLog({ text: 'said', times: 3 }, twice)).rejects.toThrow('found 2')
  await expect(system.expectLog({ text: 'said', times: 0 }, twice)).rejects.toThrow('found 2')
  await system.expectLog({ text: 'shouted', times: 0 }, twice)
  await expect(system.expectLog({ text: 'shouted' }, () => {})).rejects.toThrow('written were: none')
})

test('in real time the lines are waited for, and another logger gets them, too', async () => {
  const forward = recordingLogger()
  const log = recordingLogger({ forward })
  const system = createSystem({ log })
  const ref = system.spawn(talker)
  await expectLog(log, { text: 'said 9', times: 1 }, () => ref.tell({ type: 'later' }))
  expect(forward.lines.map(({ text }) => text)).toEqual(['said 9'])
  log.clear()
  expect(log.lines).toEqual([])
  await system.stop()
})
