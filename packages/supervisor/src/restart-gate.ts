// Between what a supervisor orders and its children: restarts go through the node's budget, at once or when their turn comes.

import { isFailure } from '@understudy/runtime/spi'
import type { Child, Command, ExitReason, SupervisionControl } from '@understudy/runtime/spi'
import { NodeBudget } from './node-budget.ts'
import type { Waiting } from './node-budget.ts'

type Restart = Command & { readonly type: 'restart' }

interface Held {
  readonly waiting: Waiting
  command: Restart
}

/** The gate of one incarnation of a supervisor. */
export class RestartGate {
  readonly #control: SupervisionControl
  readonly #budget: NodeBudget | undefined
  readonly #tell: (id: string, forMs: number | undefined) => void
  /** Created with the first restart that waits. */
  #held: Map<Child, Held> | undefined

  /** `tell`: that a child's restart waits, for about so long, or, without a time, that it waits no longer. */
  constructor(control: SupervisionControl, tell: (id: string, forMs: number | undefined) => void) {
    this.#control = control
    this.#budget = NodeBudget.of(control)
    this.#tell = tell
  }

  /** Whether a child may be restarted without asking here: `spent` tells that it was. */
  isOpen(child: Child, now: number): boolean {
    return this.#budget === undefined || this.#budget.isFree(child.definition, now)
  }

  spent(now: number): void {
    this.#budget?.spend(now)
  }

  /** Has it decided what becomes of a child that is down: now, or, when there is a storm, as soon as those who are well have had their share. */
  decide(child: Child, reason: ExitReason, decision: () => void): void {
    const budget = this.#budget
    // An end that was ordered is awaited, and there is nothing to decide.
    if (budget === undefined || !isFailure(reason)) return decision()
    const { env } = this.#control
    const timed = (): void => {
      const from = env.now()
      decision()
      budget.noteDecision(env.now() - from)
    }
    const waitMs = budget.reserveDecision(env.now())
    if (waitMs === 0) return timed()
    const { incarnation } = child
    this.#control.after(waitMs, () => {
      // Meanwhile it may have been stopped, or started by hand.
      if (child.life === 'suspended' && child.incarnation === incarnation) timed()
    })
  }

  /** Orders the restart of a child, now or when its turn comes. A later order for a child that waits takes the place of the earlier one. */
  restart(child: Child, command: Restart): void {
    const budget = this.#budget
    if (budget === undefined) return this.#control.order(child, command)
    const held = this.#held?.get(child)
    if (held !== undefined) {
      held.command = command
      return this.#tellHeld(child, 0)
    }
    const { env, path } = this.#control
    const now = env.now()
    const isAsync = budget.startsAsync(child.definition)
    if (budget.take(child, isAsync, now)) return this.#restartNow(budget, child, command)
    const waiting: Waiting = {
      supervisor: path,
      who: child,
      isAsync,
      go: () => this.#control.soon?.(() => this.#go(budget, child, waiting)),
    }
    this.#held = (this.#held ?? new Map<Child, Held>()).set(child, { waiting, command })
    return this.#tellHeld(child, budget.hold(waiting, now, env.random()))
  }

  /** A child was started for the first time: how, is good to know. */
  noteFirstStart({ life, definition }: Child): void {
    if (life === 'starting') this.#budget?.noteAsync(definition)
  }

  /** The start of a child is over, one way or another. */
  noteOver(child: Child): void {
    this.#budget?.noteOver(child)
  }

  /** Whether the restart of a child was waiting; it is not restarted any more. */
  withdraw(child: Child): boolean {
    const held = this.#held?.get(child)
    if (held === undefined) return false
    this.#held!.delete(child)
    this.#budget?.withdraw(held.waiting, this.#control.env.now())
    // Its turn may have come already, and it has a place then.
    this.#budget?.noteOver(child)
    return true
  }

  /** The supervisor is stopping: nothing of it waits any more, nor has a place. */
  close(children: Iterable<Child>): void {
    for (const child of children) if (!this.withdraw(child)) this.noteOver(child)
  }

  /** One that runs, and is to be restarted as planned, goes on running. */
  #tellHeld(child: Child, forMs: number): void {
    if (child.life === 'suspended') this.#tell(child.name, forMs)
  }

  #go(budget: NodeBudget, child: Child, waiting: Waiting): void {
    const held = this.#held?.get(child)
    if (held?.waiting !== waiting) return
    this.#held!.delete(child)
    this.#tell(child.name, undefined)
    this.#restartNow(budget, child, held.command)
  }

  #restartNow(budget: NodeBudget, child: Child, command: Restart): void {
    this.#control.order(child, command)
    // One that has something to settle first is on its way, too.
    if (child.life === 'starting' || child.life === 'stopping') budget.noteStart(child, child.definition, this.#control.env.now())
    else budget.noteOver(child)
  }
}
