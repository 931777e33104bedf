import type { ExitReason } from '@understudy/runtime/spi'
import { expect, test } from 'vitest'
import { fateOf } from './restart-type.ts'

const failed: ExitReason = { cause: new Error('x'), phase: 'handling', incarnation: 1, attempt: 1 }

test.each([
  { restart: 'permanent', normal: 'recover', abnormal: 'recover' },
  { restart: 'transient', normal: 'keep-spec', abnormal: 'recover' },
  { restart: 'temporary', normal: 'drop-spec', abnormal: 'drop-spec' },
] as const)('a $restart child: $normal after an orderly end, $abnormal after any other', ({ restart, normal, abnormal }) => {
  for (const reason of ['normal', 'shutdown', { shutdown: 'why' }] as const) expect(fateOf(restart, reason)).toBe(normal)
  for (const reason of ['killed', 'node-down', failed] as const) expect(fateOf(restart, reason)).toBe(abnormal)
})
