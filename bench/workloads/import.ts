// What it costs to have the package: time and memory of a process that imports it and ends, over one that imports nothing.

import { spawnSync } from 'node:child_process'
import type { Competitor, Figures } from '../harness/competitor.ts'
import { median } from '../harness/statistics.ts'
import type { Workload } from '../harness/workload.ts'

const report = `process.stdout.write(String(process.memoryUsage().rss))`

/** One process without the export condition of this repository: it loads what users install. */
function start(code: string): { readonly ms: number; readonly rss: number } {
  const from = performance.now()
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: new URL('..', import.meta.url),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the import failed; is the package built (pnpm build)? ${stderr.slice(-400)}`)
  return { ms: performance.now() - from, rss: Number(stdout) }
}

async function run(competitor: Competitor, count: number): Promise<Figures> {
  const bare: ReturnType<typeof start>[] = []
  const loaded: ReturnType<typeof start>[] = []
  for (let i = 0; i < count; i++) {
    bare.push(start(report))
    loaded.push(start(`import ${JSON.stringify(competitor.module)}; ${report}`))
  }
  const over = (of: 'ms' | 'rss'): number => median(loaded.map((it) => it[of])) - median(bare.map((it) => it[of]))
  return { 'import-ms': over('ms'), 'import-rss': over('rss') / 2 ** 20 }
}

export const importing: Workload = {
  name: 'import',
  about: 'A process that imports the built package and ends, over one that imports nothing: time from spawn to exit, and resident memory.',
  rows: [
    { name: 'import-ms', unit: 'ms', better: 'less' },
    { name: 'import-rss', unit: 'MiB', better: 'less' },
  ],
  count: 10,
  warmUp: 0,
  run,
}
