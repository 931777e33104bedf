// Copies of an actor's state, kept now and then between two messages, so that a later life can go on from one instead of from nothing. They
// outlive incarnations, not the actor. Nothing of it is on the message path.

/** The last two snapshots of one actor. */
export class Snapshots {
  /** Clears the timer of the present incarnation. */
  stop: () => void = () => {}
  #kept: readonly unknown[] = []
  #chosen: readonly unknown[] = []

  get count(): number {
    return this.#kept.length
  }

  keep(snapshot: unknown): void {
    this.#kept = [snapshot, ...this.#kept.slice(0, 1)]
  }

  /** What the next life begins with: the last snapshot, or the one before, whereupon the last one is given up. */
  choose(which: 'snapshot' | 'previous'): void {
    if (which === 'previous') this.#kept = this.#kept.slice(1)
    this.#chosen = this.#kept.slice(0, 1)
  }

  /** The chosen snapshot, once; undefined when there is none. */
  takeChosen(): unknown {
    const [chosen] = this.#chosen
    this.#chosen = []
    return chosen
  }
}
