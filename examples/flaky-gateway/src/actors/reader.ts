// Reads cards. A damaged one makes it fail, every time: a poison message. And now and then the vault hiccups, which is over on the next try.

import { actor } from '@understudy/actors'
import type { CardData } from '../domain/payment.ts'
import { seededRandom } from '../domain/seeded-random.ts'

/** The vault could not be opened this time. */
class VaultHiccup extends Error {
  override readonly name = 'VaultHiccup'
  readonly code = 'EAGAIN'
}

const hiccups = 0.01

export const reader = actor({
  name: 'reader',
  state: ({ seed }: { seed: number }, ctx) => seededRandom(`${seed} vault ${ctx.incarnation}`),
  on: {
    read(random, { card }: { card: CardData; idempotencyKey: string }): string {
      if (random() < hiccups) throw new VaultHiccup('the vault did not open')
      // A damaged card has no chip, and this is a bug that everybody has once written.
      return card.chip!.account
    },
  },
})
