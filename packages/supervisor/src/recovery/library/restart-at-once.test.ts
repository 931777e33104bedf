import { expect, test } from 'vitest'
import { fireTimer, healthy, tellRecovery } from '../kernel.ts'
import type { Told } from '../facts.ts'
import { restartAtOnce } from './restart-at-once.ts'

test('the short cut of the kernel answers as the machine does, whatever the order of failures and starts', () => {
  const { name, machine } = restartAtOnce()
  let short = healthy(restartAtOnce())
  let asked = healthy({ name, machine })
  const failed: Told = { type: 'FAILED', phase: 'handling', cause: 'x', attempt: 1, random: 0 }
  for (const event of [failed, { type: 'STARTED' }, failed, failed, failed, { type: 'STARTED' }] satisfies Told[]) {
    const [shortNext, shortCommands] = tellRecovery(short, event, 0)
    const [askedNext, askedCommands] = tellRecovery(asked, event, 0)
    // The short cut does not say where the machine would be, as there is none.
    expect(shortCommands).toEqual(askedCommands.filter(({ type }) => type !== 'moved'))
    expect(fireTimer(shortNext, 'any', 1)[1]).toEqual([])
    short = shortNext
    asked = askedNext
  }
  expect(short.snapshot).toBeUndefined()
  expect(asked.snapshot).toBeUndefined()
})
