// Erlang's side of the workloads, compiled into a temporary folder, where `erl` and `erlc` are on the machine.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('understudy_bench.erl', import.meta.url))
const programs = { run: 'erl', compile: 'erlc' }
let compiled: string | undefined

/** Compiles the program; answers the release of Erlang/OTP, or undefined where there is none. @throws Error when it does not compile. */
export function prepareErlang(): string | undefined {
  const release = spawnSync(programs.run, ['-noshell', '-eval', 'io:format("~s", [erlang:system_info(otp_release)]), halt().'], {
    encoding: 'utf8',
  })
  if (release.status !== 0) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'understudy-bench-'))
  compiled = folder
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const result = spawnSync(programs.compile, ['-o', folder, source], { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(`erlc failed: ${result.stdout}${result.stderr}`)
  return release.stdout
}

/** One measurement by Erlang on that many schedulers. */
export function erlangCommand(schedulers: number): (workload: string, count: number, warmUp: number) => string[] {
  return (workload, count, warmUp) => [
    programs.run,
    '-noshell',
    ...['+S', `${schedulers}:${schedulers}`, '+P', '4000000', '-pa', compiled!],
    ...['-s', 'understudy_bench', 'main', '-extra', workload, String(count), String(Math.floor(count * warmUp))],
  ]
}
