// A bench for the engine's tests: a script of events in, the commands out in short.

import type { ExitReason } from '@understudy/runtime/spi'
import type { AutoShutdown } from './auto-shutdown.ts'
import type { Call } from './call.ts'
import { stepEngine } from './engine.ts'
import { initialEngine } from './engine-state.ts'
import type { EngineCommand, EngineEvent, EngineState } from './engine-state.ts'
import { restartsIn } from './intensity.ts'
import { restartAtOnce } from './recovery/library/restart-at-once.ts'
import type { RecoveryPolicy } from './recovery/machine.ts'
import type { RestartType } from './restart-type.ts'
import type { MemberSpec } from './spec.ts'
import { oneForOne } from './strategy/one-for-one.ts'
import type { Strategy } from './strategy/strategy.ts'

/** A failure while handling a message. */
export const crash: ExitReason = { cause: new Error('crash'), phase: 'handling', incarnation: 1, attempt: 1 }

/** A failed start. */
export const startFailed: ExitReason = { cause: new Error('no start'), phase: 'starting', incarnation: 1, attempt: 1 }

/** Options of a bench; the children are all `permanent` but for `types`. */
export interface BenchOptions {
  readonly strategy?: Strategy
  readonly restarts?: number
  readonly recovery?: RecoveryPolicy
  readonly types?: Partial<Record<string, RestartType>>
  /** The ids of the significant ones. */
  readonly significant?: string
  readonly autoShutdown?: AutoShutdown
  readonly reviveStopped?: boolean
  readonly maxChildren?: number
}

/** An engine under test: gives events their times, remembers the state, answers the commands in short. */
export class Bench {
  now = 0
  /** Whether no call comes between a failed start and the next attempt. */
  retriesAtOnce = true
  state: EngineState

  constructor(ids: string, options: BenchOptions = {}) {
    const { strategy = oneForOne, restarts = 3, recovery = restartAtOnce(), types = {}, significant = '', ...rest } = options
    const spec = (id: string): MemberSpec => ({ id, restart: types[id] ?? 'permanent', recovery, significant: significant.includes(id) })
    const children = ids.split('').map(spec)
    this.state = initialEngine({ path: '/sup', strategy, intensity: { restarts, withinMs: 5_000 }, children, ...rest })
  }

  static booted(ids: string, options?: BenchOptions): Bench {
    const bench = new Bench(ids, options)
    bench.tell({ type: 'boot' })
    for (const id of ids.split('')) bench.started(id)
    return bench
  }

  tell(event: EngineEvent): string[] {
    const [state, commands] = stepEngine(this.state, event)
    this.state = state
    return commands.flatMap((command) => (command.type === 'retry' && this.retriesAtOnce ? this.retry(command.id) : print(command)))
  }

  started(id: string): string[] {
    return this.tell({ type: 'started', id, now: this.now })
  }

  down(id: string, reason: ExitReason = crash): string[] {
    return this.tell({ type: 'down', id, reason, now: this.now, random: 0 })
  }

  timer(id: string, key = 'retry'): string[] {
    return this.tell({ type: 'timer', id, key, now: this.now })
  }

  retry(id: string): string[] {
    return this.tell({ type: 'retry', id, now: this.now })
  }

  call(request: Call, call = 1): string[] {
    return this.tell({ type: 'call', call, request, now: this.now })
  }

  /** How many restarts count. */
  get counted(): number {
    return restartsIn(this.state.window)
  }

  get phases(): Record<string, string> {
    return Object.fromEntries([...this.state.members].map(([id, member]) => [id, member.phase]))
  }
}

function print(command: EngineCommand): string[] {
  switch (command.type) {
    case 'start':
      return [`start ${command.id}`]
    case 'order':
      return [`${command.command.type} ${command.id}`]
    case 'schedule':
      return [`schedule ${command.id} ${command.key} ${command.delayMs}`]
    case 'retry':
      return [`retry ${command.id}`]
    case 'cancel':
      return [`cancel ${command.id} ${command.key}`]
    case 'report':
      return command.event.type === 'supervisor.gave-up' || command.event.type === 'recovery.replaced' ? [command.event.type] : []
    case 'boot-failed':
      return [`boot-failed ${command.id}`]
    case 'reply':
      return [command.result.ok ? 'reply ok' : `reply ${command.result.error}`]
    default:
      return [command.type]
  }
}
