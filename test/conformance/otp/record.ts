// Makes the recordings: random scripts, played on the supervisors of Erlang/OTP. Needs `erl` and `erlc` (Debian: erlang-base); a few minutes.
//   node --conditions=understudy-source test/conformance/otp/record.ts [family ...]

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { erlangScript } from './erlang-terms.ts'
import { families, generate } from './generator.ts'
import type { Family } from './generator.ts'
import type { RecordedFamily } from './recordings.ts'
import { rows } from './rows.ts'
import type { Recording, Script, Trace } from './script.ts'

const counts: Record<Family, number> = { plain: 150, stops: 100, significant: 100, dynamic: 100, batch: 100, mixed: 100, timed: 20 }
const here = fileURLToPath(new URL('.', import.meta.url))

function scriptsOf(family: RecordedFamily): Script[] {
  if (family === 'rows') return rows.map(({ tree, broken = {}, events }, seed) => ({ seed, broken, tree, events }))
  return Array.from({ length: counts[family] }, (_, seed) => generate(family, seed))
}

function play(scripts: readonly Script[], folder: string): Recording[] {
  const input = join(folder, 'scripts')
  const output = join(folder, 'traces')
  writeFileSync(input, scripts.map(erlangScript).join('\n'))
  execFileSync('erl', ['-noshell', '+S', '1', '-pa', folder, '-run', 'recorder', 'main', input, output], { stdio: 'inherit' })
  const traces = readFileSync(output, 'utf8').trim().split('\n')
  return traces.map((line, index) => {
    const { seed, trace } = JSON.parse(line) as { seed: number; trace: Trace }
    const script = scripts[index]!
    if (script.seed !== seed) throw new Error(`the trace of seed ${seed} stands where that of ${script.seed} should`)
    return { ...script, trace }
  })
}

const chosen = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'otp-'))
try {
  execFileSync('erlc', ['-o', folder, join(here, 'recorder/recorder.erl')], { stdio: 'inherit' })
  for (const family of ['rows', ...Object.keys(families)] as RecordedFamily[]) {
    if (chosen.length > 0 && !chosen.includes(family)) continue
    const recordings = play(scriptsOf(family), folder)
    const file = join(here, 'recordings', `${family}.jsonl`)
    writeFileSync(file, recordings.map((recording) => `${JSON.stringify(recording)}\n`).join(''))
    console.log(`${family}: ${recordings.length} recordings`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
