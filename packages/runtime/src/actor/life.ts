// Birth, failure and death of a cell. An end is a small machine: abort, wait for what is in flight, stop the children last to
// first, call the `stopped` hook, and then go where it was meant to go. Each step calls `settleEnding` again when it is over.

import { describeExit, type ExitReason, isAbnormal } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import { currentOwner, ownedBy, ownedIfFree } from '../dispatch/owner.ts'
import { turn } from '../dispatch/turn.ts'
import { TimerTag } from './actor-timers.ts'
import type { Cell } from './cell.ts'
import { Context } from './context.ts'
import { Control } from './control.ts'
import type { Ending } from './ending.ts'
import { holdFailed, settleFailed } from './failed-message.ts'
import { failureOf, isUp, tellOfFailure } from './failure-report.ts'
import type { LifeCycle } from './home.ts'
import type { InFlight } from './in-flight.ts'
import { stashed } from './current-message.ts'
import { handleSignal } from './signals.ts'
import { keepSnapshots } from './snapshot-timer.ts'
import { hasNothingToSettle, mayRestartOnTheSpot } from './shortcut.ts'
import { asPromise, isThenable } from './thenable.ts'

/** Begins an incarnation: the first one, or the next one after a restart, of which the supervisor may know already. */
function start(cell: Cell, isKnown = false): void {
  const cast = cell.extras?.cast
  if (cast != null) {
    cell.definition = cast.next
    if (cast.next === cast.own) cell.extras!.cast = null
  }
  const { definition } = cell
  cell.life = 'starting'
  cell.exit = null
  cell.failure = null
  cell.begin()
  // What it asks while it starts is its own, not of whoever starts it.
  const { actor } = turn
  turn.actor = null
  try {
    if (definition.supervise !== undefined || definition.route !== undefined) prepare(cell)
    const context = new Context(cell)
    // That of a first life is not kept: most have done with it when they have started.
    if (cell.incarnation > 1) cell.context = context
    // What a child leaves behind while it starts is not its parent's, in whose handler it may have been spawned.
    const state = currentOwner() === undefined ? stateOf(cell, context) : ownedBy(context, stateOf, cell, context)
    if (isThenable(state)) startLater(cell, state)
    else started(cell, state, isKnown)
  } catch (cause) {
    fail(cell, cause, 'starting', undefined, null)
  } finally {
    turn.actor = actor
  }
}

/** Gives an actor its router, once, and each incarnation its supervision. */
function prepare(cell: Cell): void {
  const { definition } = cell
  if (definition.route !== undefined && cell.incarnation === 1) {
    const entry = definition.route(cell, () => cell.supervision)
    if (entry !== cell) cell.openExtras.entry = entry
  }
  if (definition.supervise !== undefined) cell.openExtras.supervision = definition.supervise(new Control(cell))
}

function stateOf(cell: Cell, context: Context): unknown {
  const chosen = cell.extras === null ? undefined : cell.extras.snapshots?.takeChosen()
  if (chosen !== undefined) return cell.definition.snapshots!.restore(chosen, context)
  return cell.definition.start(cell.input, context, cell.supervision ?? undefined)
}

function startLater(cell: Cell, state: PromiseLike<unknown>): void {
  const flight: InFlight = { message: undefined, replyTo: null }
  cell.inFlight = flight
  asPromise(state).then(
    (value) => {
      if (cell.inFlight !== flight) return
      cell.inFlight = null
      if (cell.life === 'starting') {
        started(cell, value)
        return
      }
      // Stopped or failed meanwhile: it does not run, but what it has made is handed to its `stopped` hook.
      cell.behaviorState = value
      cell.resume()
    },
    (cause: unknown) => {
      if (cell.inFlight !== flight) return
      cell.inFlight = null
      fail(cell, cause, 'starting', undefined, null)
      cell.resume()
    },
  )
}

function started(cell: Cell, state: unknown, isKnown = false): void {
  cell.behaviorState = state
  cell.life = 'running'
  // What runs in its place has a state of another kind.
  if (cell.definition.snapshots !== undefined && cell.extras?.cast == null) keepSnapshots(cell)
  if (cell.incarnation > 1 && cell.host.hears('info', 'actor.restarted')) {
    const { path, incarnation, attempt } = cell
    cell.host.report('info', { type: 'actor.restarted', path, incarnation, attempt }, `${path} runs again, incarnation ${incarnation}`)
  }
  const { parent } = cell
  if (!isKnown && parent !== null && supervises(parent))
    parent.signal({ type: 'child-started', child: cell, incarnation: cell.incarnation })
  cell.resume()
}

/** Whether a parent wants to be told of its children: also while it is being made, as its hooks may start children already. */
function supervises(parent: Cell): boolean {
  return parent.definition.supervise !== undefined
}

/** Something in the actor threw or rejected: the user lane stands still, and its supervisor is asked. */
function fail(cell: Cell, cause: unknown, phase: Failure['phase'], message: Message | undefined, replyTo: ReplyTo): void {
  const { host } = cell
  if (isUp(cell)) cell.openExtras.attempt++
  if (host.hears('warn', 'actor.failed')) tellOfFailure(cell, cause, phase, message)
  const isNews = isUp(cell)
  const now = host.env.now()
  const isOnTheSpot = isNews && phase === 'handling' && mayRestartOnTheSpot(cell, now)
  if (isOnTheSpot) {
    // Before the dead letter is told of: with the context of a life that is over, nobody can give it anything more to settle.
    cell.life = 'stopping'
    cell.clearIncarnation()
  }
  if (message !== undefined && (isOnTheSpot || !isNews || !holdFailed(cell, message, replyTo, cause))) {
    host.deadLetter(message, replyTo, 'poison', cell.addressText, cause, now)
  }
  if (isOnTheSpot) {
    // Unless a listener has ended it.
    if (cell.life === 'stopping' && cell.ending === null) start(cell, true)
    return
  }
  if (!isNews || !isUp(cell)) return
  const failure = failureOf(cell, cause, phase, message)
  cell.life = 'suspended'
  cell.failure = failure
  // At once, not when the restart comes: until then a backoff may pass.
  breakLinks(cell, failure)
  if (!tellParent(cell, failure)) end(cell, failure, 'remove')
}

/** Tells whoever has asked for the incarnation's signal that it ends. */
function abortSignal(cell: Cell): void {
  const abort = cell.extras?.abort
  if (abort != null) ownedIfFree(cell.openContext, () => abort.abort())
}

/** Asks the supervisor what to do with a cell that is down; false when there is none (any more) and the cell just goes. */
function tellParent(cell: Cell, reason: ExitReason): boolean {
  const { parent } = cell
  if (parent === null || !supervises(parent) || parent.ending !== null) return false
  parent.signal({ type: 'child-down', child: cell, incarnation: cell.incarnation, reason })
  return true
}

/** Linked actors are told that this incarnation is over. */
function breakLinks(cell: Cell, reason: ExitReason): void {
  const links = cell.extras?.links
  if (links != null && links.size > 0) links.break(cell, cell.address, reason)
}

/** Begins the end of an incarnation, or turns one under way towards another goal. */
function end(cell: Cell, reason: ExitReason, then: Ending['then']): void {
  if (cell.life === 'stopped') return
  const mustDie = reason === 'killed'
  const under = cell.ending
  if (under !== null) {
    // Letting go outranks asking, and asking outranks going on: a stop that meets a restart wins, and the hook is owed after all.
    if (under.then === 'restart' && then !== 'restart') {
      under.reason = reason
      under.hook = 'to-call'
    }
    if (rank[then] > rank[under.then]) under.then = then
    if (mustDie) kill(cell)
    return
  }
  // Ended in order before, waiting for an order: there is nothing left to stop or to tell, and its reason stays what it was.
  if (cell.exit !== null && then === 'down') return
  cell.life = 'stopping'
  abortSignal(cell)
  if (hasNothingToSettle(cell)) {
    finish(cell, cell.exit ?? reason, then)
    return
  }
  const hook = then === 'restart' && cell.definition.restarting === undefined ? 'done' : 'to-call'
  const ending: Ending = {
    reason: cell.exit ?? reason,
    then,
    goodbye: undefined,
    hook,
    awaited: false,
    stepping: false,
    deadline: undefined,
  }
  cell.ending = ending
  if (mustDie) {
    kill(cell)
    return
  }
  settleEnding(cell)
  if (cell.ending === ending && typeof cell.shutdownMs === 'number') {
    ending.deadline = cell.host.after(cell.shutdownMs, () => kill(cell))
  }
}

/** A parent stops its child: one that has nothing to do and nothing to settle ends on the spot, any other in its own turn. */
function stop(cell: Cell): void {
  const reason = cell.shutdownMs === 'brutal' ? 'killed' : 'shutdown'
  if (!cell.queued && cell.life === 'running' && hasNothingToSettle(cell)) end(cell, reason, 'down')
  else cell.signal({ type: 'stop', reason })
}

const rank = { restart: 0, down: 1, remove: 2 } as const

/** Does the next step of an end, as far as it can go now. */
function settleEnding(cell: Cell): void {
  const ending = cell.ending
  if (ending === null || ending.stepping) return
  ending.stepping = true
  const over = stepEnding(cell, ending)
  ending.stepping = false
  // A hook on the way may have had it killed meanwhile: then it is over already.
  if (over && cell.ending === ending) finishEnding(cell, ending)
}

function stepEnding(cell: Cell, ending: Ending): boolean {
  if (cell.inFlight !== null || (cell.extras?.openFlights?.size ?? 0) > 0 || !saidGoodbye(cell, ending) || !stopChildren(cell)) return false
  if (ending.hook === 'to-call' && cell.ending === ending) {
    ending.hook = 'called'
    // The hook may have started a child, with a context that somebody kept.
    return callStopped(cell, ending) && stopChildren(cell)
  }
  return ending.hook === 'done'
}

/** Stops the children one after another, last to first; true when none is left. */
function stopChildren(cell: Cell): boolean {
  const { children } = cell
  if (children === null) return true
  for (let child = children.last; child !== null; child = children.last) {
    child.endNow('shutdown', 'remove')
    if (children.last === child) return false
  }
  return true
}

/** Calls the `stopping` hook, before the children go, when the actor stops for good; true when it is over. */
function saidGoodbye(cell: Cell, ending: Ending): boolean {
  const { definition } = cell
  if (definition.stopping === undefined || ending.then === 'restart' || !cell.hasState) return true
  if (ending.goodbye !== undefined) return ending.goodbye === 'said'
  ending.goodbye = 'begun'
  const said = (): void => {
    ending.goodbye = 'said'
    if (cell.ending === ending) settleEnding(cell)
  }
  const failed = (cause: unknown): void => {
    if (cell.ending !== ending) return
    fail(cell, cause, 'stopping', undefined, null)
    said()
  }
  try {
    const result: unknown = definition.stopping(cell.behaviorState, ending.reason, cell.openContext)
    if (isThenable(result)) asPromise(result).then(said, failed)
    else ending.goodbye = 'said'
  } catch (cause) {
    failed(cause)
  }
  return (ending.goodbye as string) === 'said'
}

/** Calls the `stopped` hook, or `restarting` between two incarnations; true when it is over at once. */
function callStopped(cell: Cell, ending: Ending): boolean {
  const { definition, behaviorState } = cell
  const done = (): void => {
    // Unless a stop has met the restart meanwhile: then the other hook is owed after this one.
    if (ending.hook === 'called') ending.hook = 'done'
    if (cell.ending === ending) settleEnding(cell)
  }
  const failed = (cause: unknown): void => {
    // Killed meanwhile: a past life cannot make the present one fail.
    if (cell.ending !== ending) return
    fail(cell, cause, 'stopping', undefined, null)
    done()
  }
  try {
    // An incarnation that never came to be has nothing to say goodbye to.
    const { reason, then } = ending
    let result: unknown
    if (cell.hasState)
      result =
        then === 'restart'
          ? definition.restarting?.(behaviorState, reason, cell.openContext)
          : definition.stopped?.(behaviorState, reason, cell.openContext)
    if (isThenable(result)) asPromise(result).then(done, failed)
    else ending.hook = 'done'
  } catch (cause) {
    failed(cause)
  }
  return ending.hook === 'done'
}

/** The end that cannot be waited for: nothing in flight is heard any more, and everything beneath goes with it. */
function kill(cell: Cell): void {
  const ending = cell.ending
  if (ending === null) return
  ending.reason = cell.exit ?? 'killed'
  const flights = cell.extras?.openFlights?.abandon() ?? []
  for (const flight of cell.inFlight === null ? flights : [cell.inFlight, ...flights]) {
    if (flight.message === undefined || flight.replyTo === stashed) continue
    cell.host.counters.waiting--
    // With a cause: its handler had begun, so an asker must not take it for never handled.
    cell.host.deadLetter(flight.message, flight.replyTo, 'stopped', cell.addressText, 'it was killed')
  }
  cell.inFlight = null
  ending.stepping = true
  for (let child = cell.children?.last ?? null; child !== null; child = cell.children?.last ?? null) {
    if (child.ending === null) end(child, 'killed', 'remove')
    else {
      child.ending.then = 'remove'
      kill(child)
    }
  }
  finishEnding(cell, ending)
}

function finishEnding(cell: Cell, ending: Ending): void {
  if (ending.deadline !== undefined) cell.host.cancel(ending.deadline)
  cell.ending = null
  finish(cell, ending.reason, ending.then)
  if (ending.awaited && cell.life === 'stopped') cell.parent?.signal({ type: 'child-removed', child: cell })
}

/** The incarnation is over: another one begins, or its supervisor is asked, or the cell goes. */
function finish(cell: Cell, reason: ExitReason, then: Ending['then']): void {
  breakLinks(cell, reason)
  cell.clearIncarnation()
  if (then === 'restart') {
    start(cell)
    return
  }
  if (then === 'down' && tellParent(cell, reason)) {
    cell.life = 'suspended'
    cell.exit = reason
    cell.failure = null
    return
  }
  remove(cell, reason)
}

/** Lets go of a cell: nobody reaches it any more, its watchers and its waiting messages are told. */
function remove(cell: Cell, reason: ExitReason): void {
  settleFailed(cell, false)
  const { host, parent } = cell
  // Texts cost more than the end itself; most actors leave nothing behind that would need them.
  const target = cell.queueLength > 0 ? cell.addressText : ''
  cell.life = 'stopped'
  cell.exit = reason
  parent?.disown(cell)
  const heir = cell.queueLength > 0 ? parent?.supervision?.heirOf?.(cell) : undefined
  while (cell.queueLength > 0) {
    const message = cell.take()
    const { takenReply } = cell
    host.counters.waiting--
    if (heir === undefined || takenReply instanceof TimerTag) host.deadLetter(message, takenReply, 'stopped', target)
    else heir.post(message, takenReply)
  }
  cell.drop()
  if (cell.hasSignals) for (const signal of cell.takeSignals()) cell.signal(signal)
  const level = isAbnormal(reason) ? 'warn' : 'debug'
  if (host.hears(level, 'actor.stopped')) {
    const { path } = cell
    host.report(level, { type: 'actor.stopped', path, reason: describeExit(reason) }, `${path} stopped: ${describeExit(reason)}`)
  }
  cell.extras?.sendAway()
  cell.extras?.watches?.tellWatchers(reason)
  if (parent === null) host.rootStopped()
  else if (parent.ending !== null) settleEnding(parent)
}

/** The life of cells, as the composition root hands it to them. */
export const lifeCycle: LifeCycle<Cell> = { start, fail, stop, end, settleEnding, handleSignal }
