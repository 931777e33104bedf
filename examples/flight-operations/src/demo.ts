// The demo: `pnpm demo`. Starts a cluster, breaks it on purpose, tells what happens, and ends 0 only if every flight was counted exactly once.

import { NatsServerNotFoundError, NatsServerStartError } from '@understudy/actors'
import { readAirports } from './data/airports.ts'
import { DataError } from './data/data-error.ts'
import { readFlights } from './data/flights.ts'
import { startCluster, Teardown } from './demo/demo-cluster.ts'
import { duration, type Narrator, narrateTo, readable } from './demo/narrator.ts'
import type { Verdict } from './demo/outcome.ts'
import { tellStory } from './demo/story.ts'
import { computePlainly } from './domain/plain.ts'
import { defaultRate, demoHelp, type DemoOptions, readDemoOptions, UsageError } from './options.ts'

const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const
const leastTimeoutMs = 120_000
const mostRejectsTold = 5

class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
}

process.exit(await main())

async function main(): Promise<number> {
  const teardown = new Teardown()
  try {
    const options = readDemoOptions(process.argv.slice(2))
    if (options.help) {
      process.stdout.write(`${demoHelp}\n`)
      return exitCodes.ok
    }
    const { outcome, complaints } = await Promise.race([run(options, teardown), interruption()])
    return outcome.lost === 0 && outcome.doubleCounted === 0 && complaints.length === 0 ? exitCodes.ok : exitCodes.failed
  } catch (error) {
    return explain(error)
  } finally {
    await teardown.stop()
  }
}

async function run(options: DemoOptions, teardown: Teardown): Promise<Verdict> {
  const narrator = narrateTo(options.json ? process.stderr : process.stdout)
  const rows = readFlights(options.data)
  const plain = computePlainly(rows, readAirports())
  const rate = options.rate ?? defaultRate(rows.length)
  narrator.line()
  narrator.line(
    `flight operations · ${readable(rows.length)} flights, ${readable(rate)} a second · ${options.nodes} nodes · seed ${options.seed}`,
  )
  narrator.line()

  // Twice as long as it should take, and a minute for whatever goes wrong and is recovered.
  const timeoutMs = Math.max(leastTimeoutMs, 60_000 + (2 * rows.length * 1_000) / rate)
  const timeout = new Promise<never>((_, reject) => {
    setTimeout(
      () => reject(new Error(`not done within ${duration(timeoutMs)}; the last line above says how far it came`)),
      timeoutMs,
    ).unref()
  })
  const story = async (): Promise<Verdict> => {
    const cluster = await startCluster({ ...options, rate }, narrator, teardown)
    return Promise.race([tellStory({ flights: rows.length, plain, withFaults: options.faults }, cluster, narrator), cluster.broken])
  }
  const verdict = await Promise.race([story(), timeout])
  summarise(verdict, narrator)
  if (options.json) process.stdout.write(`${JSON.stringify(verdict.outcome)}\n`)
  return verdict
}

function summarise({ outcome, complaints, rejects }: Verdict, narrator: Narrator): void {
  const { flights, counted, rejected, lost, doubleCounted } = outcome
  narrator.line()
  narrator.line(
    `flights ${readable(flights)} · counted ${readable(counted)} · rejected ${readable(rejected)} · lost ${lost} · counted twice ${doubleCounted}`,
  )
  for (const { id, reason } of rejects.slice(0, mostRejectsTold)) narrator.line(`  rejected: flight ${id}, ${reason}`)
  if (rejected > mostRejectsTold) narrator.line(`  and ${readable(rejected - mostRejectsTold)} more`)
  narrator.line(
    `sent again ${readable(outcome.redelivered)} · duplicates suppressed ${readable(outcome.duplicatesSuppressed)} · worker restarts ${outcome.workerRestarts}`,
  )
  if (outcome.takeoverMs !== null)
    narrator.line(`takeover ${duration(outcome.takeoverMs)}, epoch ${outcome.oldEpoch} → ${outcome.newEpoch}`)
  narrator.line()
  for (const complaint of complaints.slice(0, 10)) narrator.line(`✗ ${complaint}`)
  if (complaints.length > 10) narrator.line(`✗ and ${complaints.length - 10} more`)
  if (complaints.length === 0)
    narrator.line(`✓ every flight exactly once; all totals, and those of every tower, equal the plain loop · ${duration(outcome.wallMs)}`)
}

/** Rejects when a person says stop, or when nobody reads our output any more. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    const interrupt = (): void => reject(new InterruptedError())
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
    for (const stream of [process.stdout, process.stderr]) stream.on('error', interrupt)
  })
}

function explain(error: unknown): number {
  if (error instanceof InterruptedError) {
    process.stderr.write('interrupted; everything is stopped\n')
    return exitCodes.interrupted
  }
  const isUsage = error instanceof UsageError || error instanceof DataError
  const isForeseen = isUsage || error instanceof NatsServerNotFoundError || error instanceof NatsServerStartError
  process.stderr.write(`${isForeseen ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return isUsage ? exitCodes.usage : exitCodes.failed
}
