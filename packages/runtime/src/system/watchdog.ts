// Looks now and then whether an actor of the main loop has been in one message for too long, or the loop itself has stood still. It
// can only tell: what runs on the main loop cannot be stopped from outside. Nothing of it is on the message path.

import type { TimerHandle } from '../contracts/env.ts'
import type { Cell } from '../actor/cell.ts'
import type { InFlight } from '../actor/in-flight.ts'
import { InvalidOptionError } from '../errors.ts'
import type { SystemHost } from './system-host.ts'

const looksPerHang = 4

/** Reports, once each, what takes longer than `hangMs`, until the system has stopped. @throws InvalidOptionError */
export function watchForHangs(host: SystemHost, hangMs: number): void {
  if (!(typeof hangMs === 'number' && hangMs > 0 && Number.isFinite(hangMs)))
    throw new InvalidOptionError('hangMs', hangMs, 'a finite number of milliseconds, more than 0')
  const { env } = host
  const everyMs = hangMs / looksPerHang
  /** When each open handler was first seen; `Infinity` once it has been told of. */
  const seen = new WeakMap<InFlight, number>()
  let timer: TimerHandle
  let lastLook = env.now()
  const look = (): void => {
    const now = env.now()
    const lateMs = Math.round(now - lastLook - everyMs)
    lastLook = now
    if (lateMs >= hangMs) host.report('warn', { type: 'loop.blocked', ms: lateMs }, `the event loop stood still for ${lateMs} ms`)
    visit(host.root, (cell) => {
      const { inFlight } = cell
      if (inFlight?.message === undefined) return
      const since = seen.get(inFlight) ?? now
      seen.set(inFlight, since)
      if (now - since < hangMs) return
      seen.set(inFlight, Number.POSITIVE_INFINITY)
      const { path } = cell
      const messageType = inFlight.message.type
      const ms = Math.round(now - since)
      const text = `${path} has been in '${messageType}' for ${ms} ms. Mend the handler, or make that type reentrant`
      host.report('warn', { type: 'actor.hung', path, messageType, ms, terminated: false }, text)
      // In the supervisor's own turn, like everything that it is told.
      const { parent } = cell
      parent?.call(() => parent.supervision?.hung?.(cell))
    })
    timer = env.setTimer(everyMs, look, true)
  }
  timer = env.setTimer(everyMs, look, true)
  host.onStopped(() => env.clearTimer(timer))
}

function visit(cell: Cell, each: (cell: Cell) => void): void {
  each(cell)
  for (let child = cell.children?.first ?? null; child !== null; child = child.nextSibling) visit(child, each)
}
