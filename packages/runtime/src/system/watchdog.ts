// Watches whether an actor of the main loop is in one message for too long, or the loop itself stands still. It can only tell: what runs
// on the main loop cannot be stopped from outside. An async handler is found by a look now and then; one that kept the loop, by timing.

import type { TimerHandle } from '../contracts/env.ts'
import { describeType } from '../contracts/exit-reason.ts'
import type { Cell } from '../actor/cell.ts'
import type { InFlight } from '../actor/in-flight.ts'
import { InvalidOptionError } from '../errors.ts'
import type { SystemHost } from './system-host.ts'
import { type LongStep, timedTurns } from './timed-turns.ts'

const looksPerHang = 4

/** Reports, once each, what takes longer than `hangMs`, until the system has stopped. @throws InvalidOptionError */
export function watchForHangs(host: SystemHost, hangMs: number): void {
  if (!(typeof hangMs === 'number' && hangMs > 0 && Number.isFinite(hangMs)))
    throw new InvalidOptionError('hangMs', hangMs, 'a finite number of milliseconds, more than 0')
  const { env, dispatcher } = host
  const everyMs = hangMs / looksPerHang
  /** Since when each open handler is known, put off by standstills, which are not its fault; `Infinity` once it has been told of. */
  const seen = new WeakMap<InFlight, number>()
  let timer: TimerHandle
  let lastLook = env.now()
  /** How long the loop has stood still since the last look because of actors that were told of. */
  let toldMs = 0

  const look = (): void => {
    const now = env.now()
    const lateMs = now - lastLook - everyMs
    const blockedMs = Math.round(lateMs - toldMs)
    lastLook = now
    toldMs = 0
    if (blockedMs >= hangMs) host.report('warn', { type: 'loop.blocked', ms: blockedMs }, `the event loop stood still for ${blockedMs} ms`)
    visit(host.root, (cell) => {
      const { inFlight } = cell
      if (inFlight?.message === undefined) return
      const first = seen.get(inFlight)
      const since = first === undefined ? now : first + lateMs
      seen.set(inFlight, since)
      if (now - since >= hangMs) hangs(cell, inFlight, now - since)
    })
    timer = env.setTimer(everyMs, look, true)
  }

  /** It is in that message still. */
  const hangs = (cell: Cell, inFlight: InFlight, ms: number): void => {
    seen.set(inFlight, Number.POSITIVE_INFINITY)
    tell({ cell, incarnation: cell.incarnation, message: inFlight.message, ms }, 'Mend the handler, or make that type reentrant')
    // In the supervisor's own turn, like everything that it is told.
    const { parent } = cell
    parent?.call(() => parent.supervision?.hung?.(cell))
  }

  const keptTheLoop = (step: LongStep): void => {
    const { cell, message, ms } = step
    toldMs += ms
    const { inFlight } = cell
    // An async handler that kept the loop before its first await.
    if (message !== undefined && inFlight?.message === message) hangs(cell, inFlight, ms)
    else tell(step, 'Nothing else ran meanwhile: split the work, or give the actor a thread')
  }

  const tell = ({ cell, incarnation, message, ms: exactMs }: LongStep, advice: string): void => {
    const path = cell.path || '/'
    const ms = Math.round(exactMs)
    const messageType = message === undefined ? undefined : describeType(message)
    const what = messageType === undefined ? 'its signals (hooks, watches, starts of children)' : `'${messageType}'`
    const event = {
      type: 'actor.hung',
      path,
      incarnation,
      ...(messageType !== undefined && { messageType }),
      ms,
      terminated: false,
    } as const
    host.report('warn', event, `${path} has been in ${what} for ${ms} ms. ${advice}`)
  }

  dispatcher.around = timedTurns(env, hangMs, keptTheLoop)
  timer = env.setTimer(everyMs, look, true)
  host.onStopped(() => {
    env.clearTimer(timer)
    dispatcher.around = null
  })
}

function visit(cell: Cell, each: (cell: Cell) => void): void {
  each(cell)
  for (let child = cell.children?.first ?? null; child !== null; child = child.nextSibling) visit(child, each)
}
