// Beyond what Erlang/OTP was asked: 10 000 random scripts, ours beside the model that agrees with it.

import { expect, test } from 'vitest'
import { families } from './generator.ts'
import type { Family } from './generator.ts'
import { mismatchOf } from './sweep.ts'

const all = Object.keys(families) as Family[]
const scripts = Math.ceil(10_000 / all.length)

test.each(all)(
  'ours does what the model does with its share of 10 000 further scripts, without reviveStopped in every other one: %s',
  async (family) => {
    for (let seed = 1_000; seed < 1_000 + scripts; seed++) {
      expect(await mismatchOf(family, seed, { reviveStopped: seed % 2 === 0 }), `seed ${seed}`).toBeUndefined()
    }
  },
)
