// Offers that wait for room in a mailbox, first come first served.

import type { Offer } from '../contracts/endpoint.ts'

/** Where offers wait. Created with the first one. */
export class WaitingRoom {
  #offers: Offer[] = []

  enter(offer: Offer): void {
    // Those that gave up are let go of before they are many.
    if (this.#offers.length > 32 && this.#offers[0]!.isOver) this.#offers = this.#offers.filter(({ isOver }) => !isOver)
    this.#offers.push(offer)
  }

  /** Lets in as many as there is room for. */
  admit(hasRoom: () => boolean, post: (offer: Offer) => void): void {
    let next = 0
    for (; next < this.#offers.length; next++) {
      const offer = this.#offers[next]!
      if (offer.isOver) continue
      if (!hasRoom()) break
      post(offer)
      offer.admitted()
    }
    if (next > 0) this.#offers.splice(0, next)
  }

  /** Sends all away. */
  close(error: (offer: Offer) => Error): void {
    const offers = this.#offers
    this.#offers = []
    for (const offer of offers) if (!offer.isOver) offer.refused(error(offer))
  }
}
