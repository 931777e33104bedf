// What a machine's own parts say to it (timers, children, its actions), in the mailbox like any message, so that order holds.
// It is bound to one incarnation: what an earlier life left in the mailbox is not acted on.

import type { Endpoint } from '../contracts/endpoint.ts'
import type { Message } from '../contracts/message.ts'

/** A message from within. Its type is there to be read in logs and dead letters. */
export class Inward implements Message {
  readonly type: string
  readonly #life: object
  readonly #act: () => void

  constructor(type: string, life: object, act: () => void) {
    this.type = type
    this.#life = life
    this.#act = act
  }

  /** Goes into the machine's own mailbox, behind what is there; false when that is full. Never through its ref, which may lead elsewhere. */
  into(mailbox: Endpoint): boolean {
    const { counters } = mailbox.host
    counters.sent++
    if (!mailbox.accepts()) {
      counters.rejected++
      return false
    }
    mailbox.post(this, null)
    return true
  }

  /** Does what it says, if it was said to this incarnation. */
  actFor(life: object): void {
    if (this.#life === life) this.#act()
  }
}
