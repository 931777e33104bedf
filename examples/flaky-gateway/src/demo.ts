// The program: `pnpm gateway`. Plays the story, shows it, and ends 0 only if the books balance.

import { realClock, virtualClock } from './clock.ts'
import { help, readOptions, UsageError } from './options.ts'
import { play, type Result } from './play.ts'
import { liveView } from './show/live-view.ts'
import { plainLines } from './show/plain-lines.ts'
import { paintFor, readable } from './show/wording.ts'

const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const
const mostComplaints = 10

process.exit(await main())

async function main(): Promise<number> {
  const { stdout, stderr } = process
  const paint = paintFor(stdout)
  let end = (): void => {}
  const interrupt = (): never => {
    end()
    stderr.write('interrupted\n')
    process.exit(exitCodes.interrupted)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
  // Nobody reads any more.
  stdout.on('error', () => process.exit(exitCodes.interrupted))
  try {
    const options = readOptions(process.argv.slice(2))
    if (options.help) {
      stdout.write(`${help}\n`)
      return exitCodes.ok
    }
    const { seed, speed, fast } = options
    stdout.write(`\n  flaky gateway · a minute of payments ${fast ? 'in virtual time' : `at ${speed} times its speed`} · seed ${seed}\n\n`)
    const view = stdout.isTTY && !fast ? liveView(stdout, paint) : undefined
    end = () => view?.end()
    const startedAt = performance.now()
    const result = await play(
      seed,
      fast ? virtualClock(seed) : realClock(seed, speed),
      view ?? plainLines((text) => void stdout.write(text), paint),
    )
    end()
    for (const line of summarise(result, performance.now() - startedAt)) stdout.write(line === '' ? '\n' : `  ${line}\n`)
    const { complaints } = result.reckoning
    for (const complaint of complaints.slice(0, mostComplaints)) stdout.write(`  ${paint('bad', '✗')} ${complaint}\n`)
    if (complaints.length > mostComplaints) stdout.write(`  ${paint('bad', '✗')} and ${complaints.length - mostComplaints} more\n`)
    if (complaints.length === 0)
      stdout.write(`  ${paint('good', '✓')} the books balance: every payment accepted once or refused with a reason, and nothing lost\n`)
    return complaints.length === 0 ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    end()
    stderr.write(
      `${error instanceof UsageError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    )
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
}

function summarise({ reckoning, atMs, repeats, restarts, shed }: Result, tookMs: number): string[] {
  const { payments, accepted, onStandIn, refused } = reckoning
  const reasons = Object.entries(refused).map(([why, count]) => `${why} ${readable(count)}`)
  return [
    '',
    `payments ${readable(payments)} · accepted ${readable(accepted)}, of these ${readable(onStandIn)} without the bank`,
    `refused: ${reasons.join(' · ')}`,
    `restarts ${readable(restarts)} · calls spared the bank ${readable(shed)} · told it again what it knew ${readable(repeats)}`,
    `${(atMs / 1_000).toFixed(1)} s of the scenario in ${(tookMs / 1_000).toFixed(1)} s`,
    '',
  ]
}
