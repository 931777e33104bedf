// What Erlang/OTP's own supervisors did is what ours does.

import { expect, test } from 'vitest'
import { comparable, expectedTrace } from './comparison.ts'
import { families } from './generator.ts'
import type { Family } from './generator.ts'
import { playModel } from './model.ts'
import { play } from './player.ts'
import type { PlayOptions } from './player.ts'
import { recordings } from './recordings.ts'

const all = Object.keys(families) as Family[]
// Beside calls that meet a start: OTP's supervisor lets them wait, ours answers.
const oneThingAtATime = all.filter((family) => !('batch' in families[family]))

/** Plays all recordings of a family; answers how many there were that ours plays exactly as OTP, without any difference that has a name. */
async function replay(family: Family, options: PlayOptions = {}): Promise<number> {
  let exact = 0
  for (const { trace, ...script } of recordings(family)) {
    const ours = await play(script, options)
    const expected = comparable(script, expectedTrace(script), ours)
    expect(expected.ours, `seed ${script.seed}`).toEqual(expected.otp)
    if (JSON.stringify(ours) === JSON.stringify(trace)) exact++
  }
  return exact
}

test('there are at least 500 recordings, each of a different script', () => {
  const scripts = all.flatMap((family) => recordings(family).map(({ trace: _, seed: __, ...script }) => JSON.stringify(script)))
  expect(new Set(scripts).size).toBeGreaterThanOrEqual(500)
})

test.each(all)('the plain model does exactly what Erlang/OTP did: %s', (family) => {
  for (const { trace, ...script } of recordings(family)) expect(playModel(script), `seed ${script.seed}`).toEqual(trace)
})

test.each(['plain', 'stops', 'significant', 'timed'] as const)('ours does exactly what Erlang/OTP did: %s', async (family) => {
  expect(await replay(family)).toBe(recordings(family).length)
})

test.each(['dynamic', 'batch', 'mixed'] as const)(
  'ours does what Erlang/OTP did, but for the differences with a name: %s',
  async (family) => {
    expect(await replay(family)).toBeGreaterThan(recordings(family).length / 3)
  },
)

test.each(oneThingAtATime)('ours does what Erlang/OTP did when children start asynchronously: %s', async (family) => {
  expect(await replay(family, { asyncStart: true })).toBeGreaterThan(0)
})
