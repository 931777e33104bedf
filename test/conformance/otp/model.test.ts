import { expect, test } from 'vitest'
import { families } from './generator.ts'
import type { Family } from './generator.ts'
import { playModel } from './model.ts'
import { recordings } from './recordings.ts'

test.each(Object.keys(families) as Family[])('the plain model does what Erlang/OTP did: %s', (family) => {
  for (const { trace, ...script } of recordings(family)) expect(playModel(script), `seed ${script.seed}`).toEqual(trace)
})
