// Birth, failure and death of a cell. An end is a small machine: abort, wait for what is in flight, stop the children last to
// first, call the `stopped` hook, and then go where it was meant to go. Each step calls `settleEnding` again when it is over.

import { formatAddress } from '../contracts/address.ts'
import { describeCause, describeExit, type ExitReason, isAbnormal } from '../contracts/exit-reason.ts'
import type { Failure } from '../contracts/failure.ts'
import type { Message } from '../contracts/message.ts'
import type { ReplyTo } from '../contracts/reply.ts'
import type { Cell, CellSignal, InFlight, LifeCycle } from './cell.ts'
import { Context } from './context.ts'
import { Control } from './control.ts'
import type { Ending } from './ending.ts'

/** Begins an incarnation: the first one, or the next one after a restart. */
function start(cell: Cell): void {
  const { definition } = cell
  cell.incarnation++
  cell.life = 'starting'
  cell.exit = null
  cell.failure = null
  const context = new Context(cell)
  cell.context = context
  try {
    if (definition.supervise !== undefined) cell.supervision = definition.supervise(new Control(cell, context))
    if (definition.route !== undefined && cell.incarnation === 1) cell.entry = definition.route(cell, () => cell.supervision)
    const state = definition.start(cell.input, context)
    if (state === null || typeof state !== 'object' || typeof (state as PromiseLike<unknown>).then !== 'function') started(cell, state)
    else startLater(cell, state as PromiseLike<unknown>)
  } catch (cause) {
    fail(cell, cause, 'starting', undefined, null)
  }
}

function startLater(cell: Cell, state: PromiseLike<unknown>): void {
  const flight: InFlight = { message: undefined, replyTo: null }
  cell.inFlight = flight
  state.then(
    (value) => {
      if (cell.inFlight !== flight) return
      cell.inFlight = null
      if (cell.ending === null) started(cell, value)
      else settleEnding(cell)
    },
    (cause: unknown) => {
      if (cell.inFlight !== flight) return
      cell.inFlight = null
      fail(cell, cause, 'starting', undefined, null)
      cell.resume()
    },
  )
}

function started(cell: Cell, state: unknown): void {
  cell.behaviorState = state
  cell.life = 'running'
  if (cell.incarnation > 1) {
    const { path, incarnation, attempt } = cell
    cell.host.report('info', { type: 'actor.restarted', path, incarnation, attempt }, `${path} runs again, incarnation ${incarnation}`)
  }
  const { parent } = cell
  if (parent !== null && parent.supervision !== null) parent.signal({ type: 'child-started', child: cell, incarnation: cell.incarnation })
  if (cell.ready) cell.host.dispatcher.schedule(cell)
}

/** Something in the actor threw or rejected: the user lane stands still, and its supervisor is asked. */
function fail(cell: Cell, cause: unknown, phase: Failure['phase'], message: Message | undefined, replyTo: ReplyTo): void {
  const { host } = cell
  cell.attempt++
  const failure: Failure = {
    cause,
    phase,
    incarnation: cell.incarnation,
    attempt: cell.attempt,
    ...(message !== undefined && { message }),
  }
  const { path, incarnation } = cell
  const text = describeCause(cause)
  host.report('warn', { type: 'actor.failed', path, incarnation, phase, cause: text }, `${path} failed while ${phase}: ${text}`)
  if (message !== undefined) host.deadLetter(message, replyTo, 'poison', formatAddress(cell.address), cause)
  // Already on its way out: the failure changes nothing, the end goes on.
  if (cell.ending !== null || cell.life === 'stopped') return
  cell.life = 'suspended'
  cell.failure = failure
  if (!tellParent(cell, failure)) end(cell, failure, 'remove')
}

/** Asks the supervisor what to do with a cell that is down; false when there is none (any more) and the cell just goes. */
function tellParent(cell: Cell, reason: ExitReason): boolean {
  const { parent } = cell
  if (parent === null || parent.supervision === null || parent.ending !== null) return false
  parent.signal({ type: 'child-down', child: cell, incarnation: cell.incarnation, reason })
  return true
}

/** Handles one signal in the cell's own turn. */
function handleSignal(cell: Cell, signal: CellSignal): void {
  try {
    switch (signal.type) {
      case 'stop':
        end(cell, signal.reason, 'down')
        return
      case 'watch':
        if (cell.life !== 'stopped') cell.openWatches.addWatcher(signal.watcher, signal.target)
        else signal.watcher.signal({ type: 'terminated', address: signal.target, reason: { shutdown: 'stopped' } })
        return
      case 'unwatch':
        cell.watches?.removeWatcher(signal.watcher)
        return
      case 'terminated':
        if (cell.watches?.finish(signal.address) !== true || cell.life !== 'running') return
        cell.definition.terminated?.(cell.behaviorState, { address: signal.address, reason: signal.reason }, cell.context!)
        return
      case 'child-started':
        if (signal.child.incarnation === signal.incarnation && signal.child.life === 'running') cell.supervision?.started(signal.child)
        return
      case 'child-down':
        if (signal.child.incarnation !== signal.incarnation || signal.child.life !== 'suspended') return
        if (cell.supervision === null || cell.ending !== null) end(signal.child, signal.reason, 'remove')
        else cell.supervision.down(signal.child, signal.reason)
        return
      case 'call':
        if (cell.context === signal.context && cell.ending === null) signal.callback()
        return
    }
  } catch (cause) {
    fail(cell, cause, 'signal', undefined, null)
  }
}

/** Begins the end of an incarnation, or turns one under way towards another goal. */
function end(cell: Cell, reason: ExitReason, then: Ending['then']): void {
  if (cell.life === 'stopped') return
  const under = cell.ending
  if (under !== null) {
    // Letting go outranks asking, and asking outranks going on: a stop that meets a restart wins.
    if (rank[then] > rank[under.then]) {
      under.then = then
      under.reason = reason
    }
    return
  }
  // Ended in order before, waiting for an order: there is nothing left to stop, and its reason stays what it was.
  const hook = cell.exit !== null || then === 'restart' ? 'done' : 'to-call'
  const ending: Ending = { reason: cell.exit ?? reason, then, hook, stepping: false, deadline: undefined }
  cell.ending = ending
  cell.life = 'stopping'
  cell.context?.abort()
  if (reason === 'killed' || (reason === 'shutdown' && cell.shutdownMs === 'brutal')) {
    kill(cell)
    return
  }
  settleEnding(cell)
  if (cell.ending === ending && typeof cell.shutdownMs === 'number') {
    ending.deadline = cell.host.after(cell.shutdownMs, () => kill(cell))
  }
}

const rank = { restart: 0, down: 1, remove: 2 } as const

/** Does the next step of an end, as far as it can go now. */
function settleEnding(cell: Cell): void {
  const ending = cell.ending
  if (ending === null || ending.stepping) return
  ending.stepping = true
  const over = stepEnding(cell, ending)
  ending.stepping = false
  if (over) finishEnding(cell, ending)
}

function stepEnding(cell: Cell, ending: Ending): boolean {
  if (cell.inFlight !== null) return false
  for (let child = cell.lastChild; child !== null; child = cell.lastChild) {
    if (child.ending?.then !== 'remove') end(child, 'shutdown', 'remove')
    if (cell.lastChild === child) return false
  }
  if (ending.hook === 'to-call') {
    ending.hook = 'called'
    callStopped(cell, ending)
  }
  return ending.hook === 'done'
}

function callStopped(cell: Cell, ending: Ending): void {
  const done = (): void => {
    ending.hook = 'done'
    if (cell.ending === ending) settleEnding(cell)
  }
  const failed = (cause: unknown): void => {
    fail(cell, cause, 'stopping', undefined, null)
    done()
  }
  try {
    const result = cell.definition.stopped?.(cell.behaviorState, ending.reason)
    if (typeof result === 'object' && result !== null && typeof (result as PromiseLike<unknown>).then === 'function') {
      ;(result as PromiseLike<unknown>).then(done, failed)
    } else ending.hook = 'done'
  } catch (cause) {
    failed(cause)
  }
}

/** The end that cannot be waited for: nothing in flight is heard any more, and everything beneath goes with it. */
function kill(cell: Cell): void {
  const ending = cell.ending
  if (ending === null) return
  ending.reason = 'killed'
  const flight = cell.inFlight
  cell.inFlight = null
  if (flight?.message !== undefined) {
    cell.host.counters.waiting--
    cell.host.deadLetter(flight.message, flight.replyTo, 'stopped', formatAddress(cell.address))
  }
  ending.stepping = true
  for (let child = cell.lastChild; child !== null; child = cell.lastChild) {
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
  cell.clearIncarnation()
  if (ending.then === 'restart') {
    start(cell)
    return
  }
  if (ending.then === 'down') {
    cell.life = 'suspended'
    cell.exit = ending.reason
    if (tellParent(cell, ending.reason)) return
  }
  remove(cell, ending.reason)
}

/** Lets go of a cell: nobody reaches it any more, its watchers and its waiting messages are told. */
function remove(cell: Cell, reason: ExitReason): void {
  const { host, parent, mailbox, path } = cell
  const target = formatAddress(cell.address)
  cell.life = 'stopped'
  parent?.disown(cell)
  if (mailbox !== null) {
    const { messages } = mailbox
    while (messages.length > 0) {
      const message = messages.take()
      host.counters.waiting--
      host.deadLetter(message, messages.takenReply, 'stopped', target)
    }
    const signals = mailbox.takeSignals()
    cell.mailbox = null
    for (const signal of signals) cell.signal(signal)
  }
  if (host.observed || isAbnormal(reason)) {
    host.report(isAbnormal(reason) ? 'warn' : 'debug', { type: 'actor.stopped', path, reason: describeExit(reason) }, `${path} stopped: ${describeExit(reason)}`)
  }
  cell.watches?.tellWatchers(reason)
  if (parent === null) host.rootStopped()
  else if (parent.ending !== null) settleEnding(parent)
}

/** The life of cells, as the composition root hands it to them. */
export const lifeCycle: LifeCycle = { start, fail, end, settleEnding, handleSignal }
