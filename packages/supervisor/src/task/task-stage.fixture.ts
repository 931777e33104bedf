// A task supervisor in virtual time, with everything that happens written down.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorContext, ActorSystem, Protocol, Ref, SystemEvent } from '@understudy/runtime'
import { expectBalanced, ManualEnv } from '@understudy/runtime/testing'
import type { TaskContext } from './task-job.ts'
import { taskSupervisor } from './task-supervisor.ts'
import type { TaskSupervisorOptions, TaskSupervisorProtocol } from './task-supervisor.ts'
import { tasks } from './tasks.ts'
import type { LinkedTasks, Tasks } from './tasks.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** What a caller does in a handler. */
export type Act = (mine: LinkedTasks, ctx: ActorContext<Protocol>) => unknown

/** A system with a task supervisor. */
export class TaskStage {
  readonly env = new ManualEnv()
  readonly system: ActorSystem = createSystem({ env: this.env, log: quiet })
  readonly events: SystemEvent[] = []
  /** Which of the endless tasks began and ended, in order. */
  readonly story: string[] = []
  readonly ref: Ref<TaskSupervisorProtocol>
  readonly work: Tasks
  /** An actor that does what a test wants done, in its own turn. */
  readonly caller = actor({
    name: 'caller',
    on: {
      act: (_state, message: { does: Act }, ctx: ActorContext<Protocol>) => message.does(tasks(this.ref, ctx), ctx),
    },
  })

  constructor(options: Partial<TaskSupervisorOptions> = {}) {
    this.system.onEvent((event) => this.events.push(event))
    this.ref = this.system.spawn(taskSupervisor({ name: 'tasks', ...options }), { name: 'tasks' })
    this.work = tasks(this.ref)
  }

  /** Lets a caller do something. */
  act(does: Act): void {
    this.system.spawn(this.caller, { name: 'caller' }).tell({ type: 'act', does })
  }

  /** A task that ends only when it is told to, and then throws the signal's reason as `fetch` does. */
  readonly endless = ({ signal, path }: TaskContext): Promise<never> => {
    const name = path.split('/').at(-1)
    this.story.push(`+${name}`)
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => {
        this.story.push(`-${name}`)
        reject(signal.reason as Error)
      }),
    )
  }

  /** What becomes of a promise without time passing; what it rejects with as a value. */
  async outcome<T>(promise: Promise<T>): Promise<T | Error> {
    const settled = promise.catch((error: unknown) => error as Error)
    await this.env.settle()
    return settled
  }

  /** The events of a type, of one actor or of all. */
  of(type: SystemEvent['type'], path?: string): SystemEvent[] {
    return this.events.filter((event) => event.type === type && (path === undefined || ('path' in event && event.path === path)))
  }

  /** Stops everything; nothing may be left. */
  async close(): Promise<void> {
    const stopped = this.system.stop()
    await this.env.advance(60_000)
    await stopped
    expectBalanced(this.system)
    if (this.env.pendingTimers > 0) throw new Error(`${this.env.pendingTimers} timers are left`)
  }
}
