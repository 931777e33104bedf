// Random scripts, our supervisor beside the model. A mismatch is made as small as it can be before it is told.
//   node --conditions=understudy-source test/conformance/otp/sweep.ts 1000 20000     the seeds from 1000 to 20000 of every family

import { pathToFileURL } from 'node:url'
import { comparable, expectedTrace } from './comparison.ts'
import { families, generate } from './generator.ts'
import type { Family } from './generator.ts'
import { play } from './player.ts'
import type { PlayOptions } from './player.ts'
import type { Script, Trace } from './script.ts'

/** A script on which ours and the model do not agree. */
export interface Mismatch {
  readonly script: Script
  readonly otp: Trace
  readonly ours: Trace
}

/** Plays the script of that family and seed on both. */
export async function mismatchOf(family: Family, seed: number, options: PlayOptions = {}): Promise<Mismatch | undefined> {
  const found = await compare(generate(family, seed), options)
  return found === undefined ? undefined : smaller(found, options)
}

async function compare(script: Script, options: PlayOptions): Promise<Mismatch | undefined> {
  const { otp, ours } = comparable(script, expectedTrace(script, options.reviveStopped ?? true), await play(script, options))
  return otp.every((line, index) => line === ours[index]) ? undefined : { script, otp, ours }
}

/** Leaves out one event after the other for as long as the two do not agree. */
async function smaller(found: Mismatch, options: PlayOptions): Promise<Mismatch> {
  const { events } = found.script
  for (const left of events.keys()) {
    const less = await compare({ ...found.script, events: events.filter((_, index) => index !== left) }, options)
    if (less !== undefined) return smaller(less, options)
  }
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [from, to] = process.argv.slice(2).map(Number) as [number, number]
  for (const family of Object.keys(families) as Family[]) {
    let mismatches = 0
    for (let seed = from; seed < to; seed++) {
      const found = await mismatchOf(family, seed, {
        reviveStopped: seed % 2 === 0,
        asyncStart: seed % 3 === 0 && !('batch' in families[family]),
      })
      if (found !== undefined && ++mismatches <= 3) console.log(family, seed, JSON.stringify(found, null, 1))
    }
    console.log(`${family}: ${to - from} scripts, ${mismatches} mismatches`)
  }
}
