// A system on a test bench: virtual time, everything it says and fails to deliver written down, and probes at hand.

import {
  type ActorSystem,
  createSystem,
  type Protocol,
  type ShutdownOptions,
  type ShutdownReport,
  type SystemEvent,
  type SystemOptions,
} from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import { deadLetterProbe, type DeadLetterProbe } from './dead-letter-probe.ts'
import { expectLog, type LogPattern } from './expect-log.ts'
import { eventually, type Patience } from './patience.ts'
import { type AnyProtocol, type Probe, probe, type ProbeOptions } from './probe.ts'
import { type LogLine, recordingLogger, type RecordingLogger } from './recording-logger.ts'

/** Options of a test system, besides those of any system. */
export interface TestSystemOptions extends Omit<SystemOptions, 'env'> {
  /** Seed of everything random in it. Default 1. The same seed gives the same run. */
  readonly seed?: number
}

/** A system in virtual time, with what tests need of it. */
export interface TestSystem extends ActorSystem, AsyncDisposable {
  readonly env: ManualEnv
  /** Its log; a logger given as option gets the lines, too. */
  readonly log: RecordingLogger
  /** Everything its event bus has carried, oldest first. */
  readonly events: readonly SystemEvent[]
  probe<P extends Protocol = AnyProtocol>(options?: ProbeOptions<P>): Probe<P>
  deadLetterProbe(): DeadLetterProbe
  expectLog(pattern: LogPattern, body: () => unknown, patience?: Patience): Promise<readonly LogLine[]>
  eventually<T>(check: () => T, patience?: Patience): Promise<T>
  /** Lets everything happen that can happen without time passing. */
  settle(): Promise<void>
  /** Moves time forward by `ms`, timer by timer, each after everything before it has settled. */
  advance(ms: number): Promise<void>
  /** Throws unless `sent + received = handled + rejected + deadLettered + forwarded + waiting`, and what waits is found in mailboxes. */
  expectBalanced(): void
  /**
   * Stops the system, moving time as far as `withinMs` (default 60 000) for those that take their time, and checks its books.
   * `await using system = testSystem()` does it at the end of the test.
   */
  shutdown(withinMs?: number): Promise<void>
  /** The system's own shutdown in phases, moving time as far as 60 000 ms for those that take their time, and checks its books. */
  shutdown(options: ShutdownOptions): Promise<ShutdownReport>
}

/**
 * Creates a system on a `ManualEnv`: deterministic by seed, without waiting, silent.
 *
 * Use when: anything about actors is tested that needs no network. For real time use `createSystem` with `probe(system)`.
 */
export function testSystem(options: TestSystemOptions = {}): TestSystem {
  const { seed = 1, log: forward, ...rest } = options
  const env = new ManualEnv({ seed })
  const log = recordingLogger({ env, ...(forward && { forward }) })
  const system = createSystem({ ...rest, env, log })
  const events: SystemEvent[] = []
  system.onEvent((event) => events.push(event))
  const inPhases = system.shutdown.bind(system)
  const shutdown = async (how: number | ShutdownOptions = 60_000): Promise<ShutdownReport | undefined> => {
    const withinMs = typeof how === 'number' ? how : 60_000
    const ended = typeof how === 'number' ? system.stop() : inPhases(how)
    let isOver = false
    const over = (): void => void (isOver = true)
    ended.then(over, over)
    if (!(await env.advanceUntil(() => isOver, withinMs))) throw new Error(`the system did not stop within ${withinMs} ms of its time`)
    // Refused options reject.
    const report = (await ended) ?? undefined
    expectBalanced(system)
    return report
  }
  // The same object, so that everything that takes a system takes this one.
  return Object.assign(system, {
    env,
    log,
    events,
    probe: <P extends Protocol = AnyProtocol>(probeOptions?: ProbeOptions<P>) => probe<P>(system, probeOptions),
    deadLetterProbe: () => deadLetterProbe(system),
    expectLog: (pattern: LogPattern, body: () => unknown, patience?: Patience) => expectLog(log, pattern, body, patience),
    eventually: <T>(check: () => T, patience?: Patience) => eventually(system, check, patience),
    settle: () => env.settle(),
    advance: (ms: number) => env.advance(ms),
    expectBalanced: () => expectBalanced(system),
    shutdown: shutdown as TestSystem['shutdown'],
    [Symbol.asyncDispose]: async () => {
      await shutdown()
    },
  })
}
