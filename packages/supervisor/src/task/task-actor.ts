// The actor that a task is: it runs one function, and ends.

import { actor } from '@understudy/runtime'
import { ActorRef } from '@understudy/runtime/spi'
import type { ActorContext, AnyRef } from '@understudy/runtime/spi'
import type { Job, TaskActor, TaskContext, TaskFunction } from './task-job.ts'

type Messages = { runTask(): Promise<unknown> }

/** The definition of all tasks. */
export const task = actor({
  name: 'task',
  state: (job: Job, ctx: ActorContext<Messages>) => {
    job.began(ctx as unknown as TaskContext, ActorRef.endpointOf(ctx.self as AnyRef) as TaskActor)
    return job
  },
  on: {
    runTask: async (job, _message, ctx: ActorContext<Messages>): Promise<unknown> => {
      try {
        const value = await job.work(ctx as unknown as TaskContext)
        ctx.stop()
        return value
      } catch (cause) {
        // That it gave up when it was told to is no failure.
        if (ctx.signal.aborted) return job.stopped(ctx.path, cause)
        job.failed(ctx.path, cause)
        throw cause
      }
    },
  },
})

/** A task that nobody waits for. */
export class Background implements Job {
  readonly work: TaskFunction<unknown>

  constructor(work: TaskFunction<unknown>) {
    this.work = work
  }

  began(ctx: TaskContext): void {
    ;(ctx as unknown as ActorContext<Messages>).self.tell({ type: 'runTask' })
  }

  failed(): void {}
  stopped(): void {}
}
