import { stripVTControlCharacters } from 'node:util'
import type { SystemEvent } from '@understudy/actors'
import { expect, test } from 'vitest'
import type { Progress } from '../play.ts'
import { liveView } from './live-view.ts'
import { plainLines } from './plain-lines.ts'

const moved = (from: string, to: string): SystemEvent => ({
  type: 'recovery.moved',
  path: '/gateway/acquirer',
  machine: 'circuit-breaker',
  from,
  to,
  event: 'FAILED',
  commands: [],
  why: `deadline, attempt 3: ${'no answer '.repeat(20)}`,
  at: 12_000,
})
const progress: Progress = {
  atMs: 12_500,
  handedIn: 1_000,
  accepted: 900,
  onStandIn: 80,
  refused: 20,
  unadvised: 70,
  owedReceipts: 3,
  recoveries: [
    {
      path: '/gateway/acquirer',
      policy: 'circuit-breaker',
      own: 'circuit-breaker',
      state: 'shedding',
      attempt: 3,
      timers: [{ key: 'rest', dueInMs: 1_500 }],
    },
  ],
}
const unpainted = (_tone: string, text: string): string => text

test('the live view draws over itself, no line is wider than the terminal, and it gives the cursor back', () => {
  const writes: string[] = []
  const view = liveView({ columns: 72, write: (text: string) => writes.push(text) } as unknown as NodeJS.WriteStream, unpainted)
  view.progress(progress)
  view.event(moved('closed', 'shedding'))
  view.note(12_400, 'the bank gets slow')
  view.progress(progress)
  view.end()
  const [first, second, last] = writes as [string, string, string]
  expect(first).toContain('\u001b[?25l')
  expect(second.startsWith(`\u001b[${first.split('\n').length - 1}A\r`)).toBe(true)
  expect(last).not.toContain('\u001b[?25l')
  expect(writes.at(-1)).toBe('\u001b[?25h')
  const lines = stripVTControlCharacters(second).split('\n')
  expect(lines.every((line) => line.length <= 72)).toBe(true)
  expect(lines.some((line) => /✗ acquirer +circuit-breaker +open, calls are refused · 1\.5 s/.test(line))).toBe(true)
  expect(lines.some((line) => line.includes('12.4s  ! the bank gets slow'))).toBe(true)
})

test('plain lines tell what is news, and the figures every five seconds', () => {
  const lines: string[] = []
  const audience = plainLines((text) => lines.push(text), unpainted)
  audience.event(moved('closed', 'shedding'))
  audience.event(moved('closed', 'closed'))
  audience.event(moved('closed', 'recovered'))
  audience.progress(progress)
  audience.progress({ ...progress, atMs: 13_000 })
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^ {3}12\.0s {2}✗ acquirer +open, calls are refused · deadline, attempt 3: no answer .*…\n$/)
  expect(lines[1]).toContain('payments 1 000 · accepted 900 (80 without the bank) · refused 20 · undecided 80')
})
