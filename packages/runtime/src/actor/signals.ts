// What a cell does with each signal: of its parent, its children, those it watches, those it is linked with, and its own timers.

import type { Cell, CellSignal } from './cell.ts'
import type { InFlight } from './in-flight.ts'
import { asPromise, isThenable } from './thenable.ts'

/** Handles one signal in the cell's own turn. */
export function handleSignal(cell: Cell, signal: CellSignal): void {
  try {
    switch (signal.type) {
      case 'stop':
        cell.host.life.end(cell, signal.reason, 'down')
        return
      case 'watch':
        if (cell.life === 'stopped') cell.signal(signal)
        else cell.openExtras.openWatches.addWatcher(signal.watcher, signal.target)
        return
      case 'unwatch':
        cell.extras?.watches?.removeWatcher(signal.watcher)
        return
      case 'terminated':
        terminated(cell, signal)
        return
      case 'exit':
        exited(cell, signal)
        return
      case 'child-started':
        if (signal.child.incarnation === signal.incarnation && signal.child.life === 'running') cell.supervision?.started(signal.child)
        return
      case 'child-down':
        if (signal.child.incarnation !== signal.incarnation || signal.child.life !== 'suspended') return
        // It failed and was then stopped: only how it stands now is told.
        if (signal.reason !== (signal.child.exit ?? signal.child.failure)) return
        if (cell.supervision === null || cell.ending !== null) cell.host.life.end(signal.child, signal.reason, 'remove')
        else cell.supervision.down(signal.child, signal.reason)
        return
      case 'child-removed':
        cell.supervision?.removed?.(signal.child)
        return
      case 'call':
        if (cell.isLiving(signal.incarnation) && cell.ending === null) signal.callback()
        return
    }
  } catch (cause) {
    cell.host.life.fail(cell, cause, 'signal', undefined, null)
  }
}

/** One thing at a time: a hook does not run beside a start or an async handler, and not in a failed actor. False when it is put off. */
function canHear(cell: Cell, signal: CellSignal): boolean {
  if (cell.life === 'running' && cell.inFlight === null) return true
  cell.openExtras.openWatches.postpone(signal)
  return false
}

/** Somebody watched is gone. */
function terminated(cell: Cell, signal: Extract<CellSignal, { type: 'terminated' }>): void {
  const { extras, life, host } = cell
  const watches = extras?.watches
  if (watches == null || life === 'stopping' || life === 'stopped' || !canHear(cell, signal)) return
  const { address, reason, output } = signal
  const watched = watches.finish(address)
  if (watched === undefined) return
  if (watched.message === undefined) {
    const event = { address, reason, ...(output !== undefined && { output }) }
    const result: unknown = cell.definition.terminated?.(cell.behaviorState, event, cell.openContext)
    if (isThenable(result)) holdWhile(cell, result)
    return
  }
  host.counters.sent++
  cell.post(watched.message, null)
}

/** The exit signal of a linked actor, or of `ctx.exit`; OTP's table. */
function exited(cell: Cell, signal: Extract<CellSignal, { type: 'exit' }>): void {
  const { from, address, reason } = signal
  if (cell.life === 'stopped') return
  const kills = from === undefined && reason === 'killed'
  if (cell.life === 'stopping' && !kills) return
  if (!kills && cell.definition.trapExit === true) {
    if (!canHear(cell, signal) || (from !== undefined && !cell.openExtras.openLinks.heard(from))) return
    const result: unknown = cell.definition.exited?.(cell.behaviorState, { address, reason }, cell.openContext)
    if (isThenable(result)) holdWhile(cell, result)
    return
  }
  if (from !== undefined && !cell.openExtras.openLinks.heard(from)) return
  // `normal` is ignored, unless the actor says so to itself.
  if (reason !== 'normal' || (from === undefined && address.uid === cell.uid)) cell.host.life.end(cell, reason, 'down')
}

/** An async hook holds the actor as an async handler does. */
function holdWhile(cell: Cell, promise: PromiseLike<unknown>): void {
  const flight: InFlight = { message: undefined, replyTo: null }
  cell.inFlight = flight
  const over = (): boolean => {
    if (cell.inFlight !== flight) return false
    cell.inFlight = null
    return true
  }
  asPromise(promise).then(
    () => {
      if (over()) cell.resume()
    },
    (cause: unknown) => {
      if (!over()) return
      cell.host.life.fail(cell, cause, 'signal', undefined, null)
      cell.resume()
    },
  )
}
