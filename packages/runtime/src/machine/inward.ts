// What a machine's own parts say to it (timers, children, its actions), in the mailbox like any message, so that order holds.
// It is bound to one incarnation: what an earlier life left in the mailbox is not acted on.

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

  /** Does what it says, if it was said to this incarnation. */
  actFor(life: object): void {
    if (this.#life === life) this.#act()
  }
}
