// The second floor: the first one plus what a real runtime cannot leave out, each in its cheapest form. Refs that could be remote,
// behaviours with a context, async handlers that hold the mailbox, a lane for system messages, bounded mailboxes, asks with deadlines
// and generations, a tree with restart intensity, counters. It is what ratios are against.

import type { Competitor, Handler, MakeHandler, Message } from '../harness/competitor.ts'

type From = Ref | number | null
type Behavior = (message: Message, context: Context) => ReturnType<Handler>
type State = 'running' | 'suspended' | 'dead'

const empty: unknown[] = []
const batch = 64
const messagesPerClock = 4096
const sliceMs = 5
const keptSlots = 1024
const slotLimit = 2 ** 22
const intensity = 1e9
const windowMs = 5000
const thisNode = 1
const tick = Promise.resolve()
const counters = { handled: 0, deadLetters: 0, overflows: 0, restarts: 0, lateReplies: 0 }

class Context {
  readonly self: Ref
  sender: From = null

  constructor(self: Ref) {
    this.self = self
  }
}

class Ref {
  readonly node: number
  readonly id: number
  readonly actor: Actor

  constructor(node: number, id: number, actor: Actor) {
    this.node = node
    this.id = id
    this.actor = actor
  }
}

class Actor {
  readonly ref: Ref
  make: MakeHandler | null
  behavior: Behavior | null
  context: Context | null = null
  ring: unknown[] = empty
  head = 0
  used = 0
  mask = 0
  system: object | null = null
  state: State = 'running'
  queued = false
  handled = 0
  restarts = 0
  windowStart = 0
  parent: Actor | null
  next: Actor | null = null
  previous: Actor | null = null
  children: Actor | null = null

  constructor(parent: Actor | null, id: number, make: MakeHandler) {
    this.ref = new Ref(thisNode, id, this)
    this.make = make
    this.behavior = make()
    this.parent = parent
    if (parent === null) return
    const first = parent.children
    this.next = first
    if (first !== null) first.previous = this
    parent.children = this
  }
}

// --- The run queue ------------------------------------------------------------------------------------------------------------

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

function schedule(actor: Actor): void {
  actor.queued = true
  enqueue(actor)
  if (awake) return
  awake = true
  void tick.then(drain)
}

// --- Mailboxes: slot 0 the message, slot 1 the sender or the number of an ask ---------------------------------------------------

function grow(actor: Actor): void {
  const old = actor.ring
  const size = old.length
  const ring: unknown[] = new Array(size === 0 ? 8 : size * 2).fill(null)
  for (let i = 0; i < size; i++) ring[i] = old[(actor.head + i) & actor.mask]
  actor.ring = ring
  actor.head = 0
  actor.mask = ring.length - 1
}

function post(actor: Actor, message: Message, from: From): boolean {
  if (actor.state === 'dead') {
    counters.deadLetters++
    return false
  }
  if (actor.used === actor.ring.length) {
    if (actor.used >= slotLimit) {
      counters.overflows++
      return false
    }
    grow(actor)
  }
  const at = (actor.head + actor.used) & actor.mask
  actor.ring[at] = message
  actor.ring[at + 1] = from
  actor.used += 2
  if (!actor.queued && actor.state === 'running') schedule(actor)
  return true
}

function deliver(ref: Ref, message: Message, from: From): boolean {
  if (ref.node === thisNode) return post(ref.actor, message, from)
  throw new Error('this floor has one node only')
}

// --- Asks: slots with generations, one deadline number each, scanned by a coarse timer ------------------------------------------

class Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void

  constructor(resolve: (value: unknown) => void, reject: (error: Error) => void) {
    this.resolve = resolve
    this.reject = reject
  }
}

const slotBits = 20
const slotMask = 2 ** slotBits - 1
const generationMask = 2047
const scanMs = 32
const askTimeoutMs = 5000
const slots: (Pending | null)[] = []
const generations: number[] = []
const deadlines: number[] = []
const free: number[] = []
let scans = 0
let open = 0
let timer: NodeJS.Timeout | null = null

function scan(): void {
  scans++
  if (open === 0) {
    clearInterval(timer!)
    timer = null
    return
  }
  for (let slot = 0; slot < slots.length; slot++) {
    if (slots[slot] !== null && deadlines[slot]! <= scans) settle((generations[slot]! << slotBits) | slot, undefined, true)
  }
}

function settle(id: number, value: unknown, timedOut: boolean): void {
  const slot = id & slotMask
  const pending = slots[slot]!
  if (pending === null || generations[slot] !== id >>> slotBits) {
    if (!timedOut) counters.lateReplies++
    return
  }
  slots[slot] = null
  generations[slot] = (generations[slot]! + 1) & generationMask
  free.push(slot)
  open--
  if (timedOut) pending.reject(new Error('the ask timed out'))
  else pending.resolve(value)
}

function ask(ref: Ref, message: Message): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let slot = free.pop()
    if (slot === undefined) {
      slot = slots.length
      slots.push(null)
      generations.push(0)
      deadlines.push(0)
    }
    slots[slot] = new Pending(resolve, reject)
    open++
    deadlines[slot] = scans + Math.ceil(askTimeoutMs / scanMs)
    if (timer === null) {
      timer = setInterval(scan, scanMs)
      timer.unref()
    }
    deliver(ref, message, (generations[slot]! << slotBits) | slot)
  })
}

// --- Turns --------------------------------------------------------------------------------------------------------------------

function hold(actor: Actor, promise: PromiseLike<unknown>, from: From): void {
  actor.state = 'suspended'
  promise.then(
    (value) => {
      if (typeof from === 'number') settle(from, value, false)
      resume(actor)
    },
    () => {
      fail(actor)
      resume(actor)
    },
  )
}

function resume(actor: Actor): void {
  if (actor.state !== 'suspended') return
  actor.state = 'running'
  if (actor.used > 0 && !actor.queued) schedule(actor)
}

function runBatch(actor: Actor): number {
  const behavior = actor.behavior!
  let { context } = actor
  if (context === null) context = actor.context = new Context(actor.ref)
  let handled = 0
  while (handled < batch && actor.used > 0 && actor.state === 'running' && actor.system === null) {
    const { head, ring } = actor
    const message = ring[head] as Message
    const from = ring[head + 1] as From
    ring[head] = null
    ring[head + 1] = null
    actor.head = (head + 2) & actor.mask
    actor.used -= 2
    handled++
    actor.handled++
    context.sender = from
    const value: unknown = behavior(message, context)
    if (value === undefined) continue
    if (typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function') {
      hold(actor, value as PromiseLike<unknown>, from)
    } else if (typeof from === 'number') settle(from, value, false)
  }
  return handled
}

function fail(actor: Actor): void {
  const now = performance.now()
  if (now - actor.windowStart > windowMs) {
    actor.windowStart = now
    actor.restarts = 0
  }
  actor.restarts++
  counters.restarts++
  if (actor.restarts > intensity) {
    stop(actor)
    return
  }
  actor.behavior = actor.make!()
  actor.context = null
}

function turn(actor: Actor): number {
  try {
    return runBatch(actor)
  } catch {
    fail(actor)
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
    const handled = turn(actor)
    budget -= handled
    counters.handled += handled
    if (actor.used > 0 && actor.state === 'running') enqueue(actor)
    else {
      actor.queued = false
      if (actor.used === 0 && actor.ring.length > keptSlots) {
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

function stop(actor: Actor): void {
  if (actor.state === 'dead') return
  actor.state = 'dead'
  counters.deadLetters += actor.used >> 1
  actor.ring = empty
  actor.used = 0
  actor.behavior = null
  actor.make = null
  actor.context = null
  for (let child = actor.children; child !== null;) {
    const { next } = child
    stop(child)
    child = next
  }
  const { parent, previous, next } = actor
  if (parent !== null) {
    if (previous !== null) previous.next = next
    else parent.children = next
    if (next !== null) next.previous = previous
  }
  actor.next = null
  actor.previous = null
  actor.parent = null
}

let lastId = 0
const root = new Actor(null, ++lastId, () => () => undefined)

export const competitor: Competitor<Ref> = {
  spawn: (make) => new Actor(root, ++lastId, make).ref,
  tell(ref, message) {
    deliver(ref, message, null)
  },
  ask,
  stop: (ref) => stop(ref.actor),
}
