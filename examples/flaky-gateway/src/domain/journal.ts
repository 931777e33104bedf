// What the gateway has decided, for good. Stands for a database: it survives every actor.

import type { Advice, Outcome } from './payment.ts'

/** The gateway's books. */
export class Journal {
  readonly #outcomes = new Map<string, Outcome>()
  readonly #advices = new Map<string, Advice>()
  readonly #owedReceipts = new Map<string, number>()
  readonly #asked = new Set<string>()

  outcomeOf(id: string): Outcome | undefined {
    return this.#outcomes.get(id)
  }

  /** Writes down that the bank is about to be asked; answers whether it was before. Who forgets that takes its own crash for silence. */
  ask(id: string): boolean {
    const before = this.#asked.has(id)
    this.#asked.add(id)
    return before
  }

  /** Writes down how a payment ends, in one go with what follows from it. The first one counts; answers which that is. */
  decide(id: string, cents: number, outcome: Outcome, advice?: Advice): Outcome {
    const standing = this.#outcomes.get(id)
    if (standing !== undefined) return standing
    this.#outcomes.set(id, outcome)
    if (advice !== undefined) this.#advices.set(id, advice)
    if (outcome.type === 'accepted') this.#owedReceipts.set(id, cents)
    return outcome
  }

  /** What the bank has still to be told, oldest first. */
  get advices(): readonly Advice[] {
    return [...this.#advices.values()]
  }

  /** The bank knows. */
  advised(id: string): void {
    this.#advices.delete(id)
  }

  /** Amounts of accepted payments without a receipt. */
  get owedReceipts(): ReadonlyMap<string, number> {
    return this.#owedReceipts
  }

  /** The receipt is printed. */
  printed(id: string): void {
    this.#owedReceipts.delete(id)
  }

  get outcomes(): ReadonlyMap<string, Outcome> {
    return this.#outcomes
  }
}
