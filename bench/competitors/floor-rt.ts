// The first floor: an idealised actor loop, the ceiling of what a runtime in JavaScript can reach. Ring mailboxes of two slots a
// message, one run queue, one promise.then per wake-up, at most 64 messages of one actor in a row, I/O served every 5 ms, and a
// handler that throws is made anew. No bounds, no parents, no addresses, no deadlines.

import type { Competitor, Handler, MakeHandler, Message } from '../harness/competitor.ts'

type Reply = ((value: unknown) => void) | null

const empty: unknown[] = []
const batch = 64
const messagesPerClock = 4096
const sliceMs = 5
const keptSlots = 1024
const tick = Promise.resolve()

class Actor {
  readonly make: MakeHandler
  handler: Handler
  ring: unknown[] = empty
  head = 0
  used = 0
  mask = 0
  queued = false
  dead = false
  restarts = 0

  constructor(make: MakeHandler) {
    this.make = make
    this.handler = make()
  }
}

let queue = new Array<Actor | null>(1024).fill(null)
let queueMask = 1023
let queueHead = 0
let queueLength = 0
let awake = false

function enqueue(actor: Actor): void {
  if (queueLength > queueMask) {
    const old = queue
    const size = old.length
    queue = new Array<Actor | null>(size * 2).fill(null)
    for (let i = 0; i < size; i++) queue[i] = old[(queueHead + i) & queueMask]!
    queueHead = 0
    queueMask = size * 2 - 1
  }
  queue[(queueHead + queueLength) & queueMask] = actor
  queueLength++
}

function grow(actor: Actor): void {
  const old = actor.ring
  const size = old.length
  const ring: unknown[] = new Array(size === 0 ? 8 : size * 2).fill(undefined)
  for (let i = 0; i < size; i++) ring[i] = old[(actor.head + i) & actor.mask]
  actor.ring = ring
  actor.head = 0
  actor.mask = ring.length - 1
}

function send(actor: Actor, message: Message, reply: Reply): void {
  if (actor.dead) return
  if (actor.used === actor.ring.length) grow(actor)
  const at = (actor.head + actor.used) & actor.mask
  actor.ring[at] = message
  actor.ring[at + 1] = reply
  actor.used += 2
  if (actor.queued) return
  actor.queued = true
  enqueue(actor)
  if (awake) return
  awake = true
  void tick.then(drain)
}

function runBatch(actor: Actor): number {
  const { handler } = actor
  let handled = 0
  while (handled < batch && actor.used > 0) {
    const { head, ring } = actor
    const message = ring[head] as Message
    const reply = ring[head + 1] as Reply
    ring[head] = undefined
    ring[head + 1] = undefined
    actor.head = (head + 2) & actor.mask
    actor.used -= 2
    handled++
    const value = handler(message)
    if (reply !== null) reply(value)
  }
  return handled
}

function turn(actor: Actor): number {
  try {
    return runBatch(actor)
  } catch {
    actor.restarts++
    actor.handler = actor.make()
    return 1
  }
}

function drain(): void {
  const from = performance.now()
  let budget = messagesPerClock
  while (queueLength > 0) {
    const actor = queue[queueHead]!
    queue[queueHead] = null
    queueHead = (queueHead + 1) & queueMask
    queueLength--
    budget -= turn(actor)
    if (actor.used > 0 && !actor.dead) enqueue(actor)
    else {
      actor.queued = false
      if (actor.ring.length > keptSlots) {
        actor.ring = empty
        actor.head = 0
        actor.mask = 0
      }
    }
    if (budget > 0) continue
    if (performance.now() - from > sliceMs) {
      setImmediate(drain)
      return
    }
    budget = messagesPerClock
  }
  awake = false
}

export const competitor: Competitor<Actor> = {
  spawn: (make) => new Actor(make),
  tell: (actor, message) => send(actor, message, null),
  ask: (actor, message) => new Promise((resolve) => send(actor, message, resolve)),
  stop(actor) {
    actor.dead = true
    actor.ring = empty
    actor.used = 0
  },
}
