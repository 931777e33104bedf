// Every row of OTP's tables that a script can show: ours does what the row says, so did Erlang/OTP, and so does the model.

import { expect, test } from 'vitest'
import { comparable, expectedTrace } from './comparison.ts'
import { playModel } from './model.ts'
import { play } from './player.ts'
import { recordings } from './recordings.ts'
import { rows } from './rows.ts'

const recorded = recordings('rows')

test.each(rows.map((row, index) => ({ ...row, index })))('$row', async ({ tree, broken = {}, events, trace, index }) => {
  const script = { seed: index, broken, tree, events }
  const { otp, ours } = comparable(script, expectedTrace(script), await play(script))
  expect(ours, 'ours').toEqual(otp)
  expect(playModel(script), 'the model').toEqual(trace)
  expect(recorded[index], 'Erlang/OTP').toEqual({ ...script, trace })
})
