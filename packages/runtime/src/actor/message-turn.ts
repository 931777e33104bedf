// The message path's last station: an actor takes its messages, one at a time, and hands each to what stands behind its type.

import type { ActorDefinition } from '../contracts/behavior.ts'
import type { HandlerTable } from '../contracts/handling.ts'
import type { LifeState } from '../contracts/lifecycle.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { ReplyPort, ReplyTo } from '../contracts/reply.ts'
import { turn } from '../dispatch/turn.ts'
import type { Mailbox } from '../mailbox/mailbox.ts'
import { TimerTag } from './actor-timers.ts'
import { Context, type Inside } from './context.ts'
import { stashed } from './current-message.ts'
import type { InFlight } from './in-flight.ts'
import { asPromise, isThenable } from './thenable.ts'

/** An actor, as far as its messages need it. */
interface Handling extends Mailbox<unknown>, Inside {
  takenReply: ReplyTo
  readonly life: LifeState
  readonly definition: ActorDefinition<Protocol, unknown>
  readonly behaviorState: unknown
  readonly addressText: string
  context: Context | null | undefined
  inFlight: InFlight | null
  resume(): void
}

/**
 * The context for a turn. That of an actor's first turn is not kept: many have no other, and to make one costs less than to have the
 * collector copy it (fork-join: 10 %).
 */
function contextOfTurn(cell: Handling): Context {
  if (cell.context !== null) return cell.openContext
  cell.context = undefined
  return new Context(cell)
}

/** Whether it can go on with the messages that wait. */
export function canHandle(cell: Handling): boolean {
  return cell.queueLength > 0 && cell.life === 'running' && cell.inFlight === null && !cell.hasSignals
}

/** Handles the first message that waits, and more until there are none, or something else comes first; answers how many it has taken. */
export function handleMessages(cell: Handling, throughput: number): number {
  const { host, behaviorState } = cell
  const context = contextOfTurn(cell)
  const handlers = cell.extras?.handlers ?? cell.definition.handlers
  const { counters } = host
  let seen = 0
  let handled = 0
  let thrown = false
  // Around the loop, not inside it: entering `try` costs nothing here, and a throw leaves the loop anyway.
  try {
    do {
      seen++
      const message = cell.take()
      const asked = cell.takenReply
      if (asked !== null && typeof asked === 'object' && !isWanted(cell, message, asked)) continue
      // What is no message at all, as untyped code may send it, must not fail the actor.
      const handler = handlers.find((message as Message | undefined)?.type as string)
      if (handler === undefined) {
        refuse(cell, message, asked, handlers)
        continue
      }
      const value = handler(behaviorState, message, context)
      if (value !== undefined && isThenable(value)) hold(cell, value, message, cell.takenReply)
      else {
        // Messages may be constants, so they cannot tell handlings apart: what this one asked is not the next one's.
        if (turn.asks !== null) turn.asks = null
        // Read again: the handler may have stashed its message, or taken the reply into its own hands.
        const replyTo = cell.takenReply
        if (replyTo === stashed) continue
        if (replyTo !== null) host.resolveReply(replyTo, value)
        handled++
      }
    } while (seen < throughput && canHandle(cell))
    if (handled > 0 && cell.life === 'running') cell.extras?.succeeded()
  } catch (cause) {
    thrown = true
    if (handled > 0) cell.extras?.succeeded()
    const { taken, takenReply } = cell
    // Before the failure is dealt with: the next incarnation may begin in there, and has nothing in hand.
    cell.settle()
    turn.asks = null
    failed(cell, cause, taken!, takenReply)
  }
  cell.settle()
  if (cell.extras !== null) cell.extras.handledSome()
  counters.handled += handled
  counters.waiting -= handled
  // The failure may be over already, answered by a restart on the spot.
  return thrown && seen < throughput && canHandle(cell) ? seen + handleMessages(cell, throughput - seen) : seen
}

function refuse(cell: Handling, message: Message, replyTo: ReplyTo, handlers: HandlerTable): void {
  const known = [...handlers.keys()].join(', ')
  cell.host.counters.waiting--
  cell.host.deadLetter(message, replyTo, 'invalid', cell.addressText, `it handles ${known === '' ? 'no messages' : known}`)
  // What a listener has asked is not the next handler's.
  turn.asks = null
}

/** An async handler holds the actor until it settles, one message at a time, unless its type is reentrant. */
function hold(cell: Handling, promise: PromiseLike<unknown>, message: Message, replyTo: ReplyTo): void {
  const flight: InFlight = { message, replyTo }
  const { reentrant } = cell.definition
  if (reentrant === undefined || (reentrant.types !== true && !reentrant.types.has(message.type))) {
    cell.inFlight = flight
    for (const ask of turn.asks ?? []) cell.host.refuseCycle(ask.slot, ask.target, cell)
  } else {
    const flights = cell.openExtras.flights(reentrant.maxInFlight)
    flights.begin(flight)
    if (flights.full) cell.inFlight = flights.gate
  }
  turn.asks = null
  asPromise(promise).then(
    (value) => {
      if (!land(cell, flight)) return
      if (flight.replyTo !== stashed) {
        cell.host.counters.waiting--
        cell.host.counters.handled++
        cell.extras?.succeeded()
        if (flight.replyTo !== null) cell.host.resolveReply(flight.replyTo, value)
      }
      cell.resume()
    },
    (cause: unknown) => {
      if (!land(cell, flight)) return
      failed(cell, cause, message, flight.replyTo)
      cell.resume()
    },
  )
}

/** Whether a handler that has settled is still heard: it is not when its incarnation was killed meanwhile. */
function land(cell: Handling, flight: InFlight): boolean {
  cell.extras?.timers?.touched()
  if (cell.inFlight === flight) {
    cell.inFlight = null
    return true
  }
  const flights = cell.extras?.openFlights
  if (flights == null || !flights.land(flight)) return false
  if (cell.inFlight === flights.gate) cell.inFlight = null
  return true
}

function failed(cell: Handling, cause: unknown, message: Message, replyTo: ReplyTo): void {
  // A stashed message is not lost with the handler that put it aside.
  if (replyTo === stashed) cell.host.life.fail(cell, cause, 'handling', undefined, null)
  else {
    cell.host.counters.waiting--
    cell.host.life.fail(cell, cause, 'handling', message, replyTo)
  }
}

/** Whether a message with a reply port is still to be handled: its timer was not cancelled, its asker has not given up. */
function isWanted(cell: Handling, message: Message, port: ReplyPort): boolean {
  const { host } = cell
  if (port instanceof TimerTag) {
    cell.extras?.timers?.delivered(port)
    if (!port.cancelled) return true
    // A cancelled timer's message counts as never sent.
    host.counters.sent--
    host.counters.waiting--
    return false
  }
  if (port.expiresAt === undefined || port.expiresAt > host.env.now()) return true
  host.counters.waiting--
  host.deadLetter(message, port, 'expired', cell.addressText)
  turn.asks = null
  return false
}
