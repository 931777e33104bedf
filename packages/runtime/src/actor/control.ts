// Executes what a supervisor orders. The decisions come from pure policies; this is where they touch cells.

import type { ActorDefinition } from '../contracts/behavior.ts'
import type { Command } from '../contracts/command.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Env, TimerHandle } from '../contracts/env.ts'
import type { Level, NewEvent } from '../contracts/event.ts'
import type { ExitReason } from '../contracts/exit-reason.ts'
import type { Host } from '../contracts/host.ts'
import type { Protocol } from '../contracts/message.ts'
import type { ServiceKey } from '../contracts/service.ts'
import type { Child, ChildOptions, SupervisionControl } from '../contracts/supervision.ts'
import { type Cell, playAs } from './cell.ts'
import { dropWaiting, settleFailed } from './failed-message.ts'
import { findService } from './services.ts'

/** The control of one incarnation of a supervising cell. */
export class Control implements SupervisionControl {
  readonly #cell: Cell
  readonly #incarnation: number

  constructor(cell: Cell) {
    this.#cell = cell
    this.#incarnation = cell.incarnation
  }

  get env(): Env {
    return this.#cell.host.env
  }

  get path(): string {
    return this.#cell.path
  }

  get inside(): Endpoint {
    return this.#cell
  }

  spawn<P extends Protocol, I>(definition: ActorDefinition<P, I>, options: ChildOptions<I>): Child {
    const plain = definition as unknown as ActorDefinition<Protocol, unknown>
    const untyped = options.isolation === undefined ? plain : this.#cell.host.isolated(plain, options.isolation)
    return this.#alive() ? this.#cell.adopt(untyped, options as ChildOptions<unknown>) : this.#cell.stillborn(untyped)
  }

  order(child: Child, command: Command): void {
    const cell = child as Cell
    if (cell.parent !== this.#cell || cell.life === 'stopped' || !this.#alive()) return
    switch (command.type) {
      case 'resume':
        if (cell.life !== 'suspended' || cell.failure?.phase !== 'handling') return
        settleFailed(cell, command.message === 'retry')
        cell.failure = null
        cell.life = 'running'
        cell.definition.resumed?.()
        cell.resume()
        return
      case 'restart':
        if (cell.life !== 'suspended' && cell.life !== 'running') return
        if (command.mailbox === 'drop') dropWaiting(cell)
        settleFailed(cell, command.message === 'retry')
        recast(cell, command.definition)
        if (command.thread === 'new') cell.definition.renew?.()
        if (command.state === 'snapshot' || command.state === 'previous') cell.extras?.snapshots?.choose(command.state)
        // There may be room now for those who wait for it.
        cell.extras?.admit()
        cell.endNow(cell.failure ?? 'shutdown', 'restart')
        return
      case 'shed':
      case 'admit':
        cell.openExtras.sheds = command.type === 'shed'
        cell.extras?.admit()
        return
      case 'stop':
        if (cell.exit === null) cell.endNow(command.reason, 'down')
        return
      case 'remove':
        cell.endNow(cell.exit ?? cell.failure ?? 'shutdown', 'remove')
        if (cell.ending !== null) cell.ending.awaited = true
        return
    }
  }

  find<T>(key: ServiceKey<T>): T | undefined {
    return findService(this.#cell, key)
  }

  shared<T>(key: ServiceKey<T>, make: (host: Host) => T): T {
    const { host } = this.#cell
    return host.shared(key, () => make(host))
  }

  exit(reason: ExitReason): void {
    if (this.#alive()) this.#cell.end(reason)
  }

  after(delayMs: number, callback: () => void): TimerHandle {
    return this.#cell.host.after(delayMs, () => this.soon(callback))
  }

  soon(callback: () => void): void {
    this.#cell.signal({ type: 'call', incarnation: this.#incarnation, callback })
  }

  cancel(handle: TimerHandle): void {
    this.#cell.host.cancel(handle)
  }

  report(level: Level, event: NewEvent, text: string): void {
    this.#cell.host.report(level, event, text)
  }

  /** A control of a past incarnation does nothing but count. */
  #alive(): boolean {
    if (this.#cell.isLiving(this.#incarnation)) return true
    this.#cell.host.counters.staleContexts++
    return false
  }
}

/** What the next incarnation is: another definition, or, without one, the actor's own. */
function recast(cell: Cell, definition: ActorDefinition<Protocol, unknown> | undefined): void {
  const cast = cell.extras?.cast
  // A router of its own stands before its mailbox: there is no place to take.
  if (definition === undefined || cell.entry !== cell) {
    if (cast != null) cast.next = cast.own
  } else if (cast == null) playAs(cell, definition)
  else cast.next = definition
}
