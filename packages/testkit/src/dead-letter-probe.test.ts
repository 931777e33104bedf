import { actor } from '@understudy/runtime'
import { expect, test } from 'vitest'
import { testSystem } from './test-system.ts'

const picky = actor({ name: 'picky', on: { known: () => 1 } })

test('a dead-letter probe finds what was not delivered by reason, type, target and content, and leaves the rest unread', async () => {
  await using system = testSystem()
  const dead = system.deadLetterProbe()
  const ref = system.spawn(picky, { name: 'picky' })
  await dead.expectNone()
  system.ref('/nobody').tell({ type: 'lost', n: 1 } as never)
  ref.tell({ type: 'unknown' } as never)
  expect(await dead.expect({ target: '/picky' })).toMatchObject({ reason: 'invalid' })
  expect(await dead.expect({ reason: 'no-such-actor', message: { type: 'lost', n: expect.any(Number) } })).toMatchObject({
    target: expect.stringContaining('/nobody'),
  })
  await dead.expectNone()
  expect(dead.letters).toHaveLength(2)
})

test('it says which letters came instead, or that one came that should not', async () => {
  await using system = testSystem()
  const dead = system.deadLetterProbe()
  await expect(dead.expect({ reason: 'stopped' })).rejects.toThrow('none came')
  system.ref('/nobody').tell({ type: 'lost' } as never)
  await expect(dead.expect({ reason: 'stopped' })).rejects.toThrow(/only these came: .*no-such-actor/)
  await expect(dead.expectNone({ type: 'lost' })).rejects.toThrow('expected no dead letter')
  await dead.expectNone({ type: 'other' })
  dead.stop()
  system.ref('/nobody').tell({ type: 'lost' } as never)
  expect(dead.letters).toHaveLength(1)
})
