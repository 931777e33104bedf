// Pseudo-random numbers from a seed: the same choices in every process and every run.

/** Xorshift of 32 bits (Marsaglia 2003): whole numbers from 0 to 2^32 - 1. */
export function xorshift(seed: number): () => number {
  let x = seed | 0 || 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}

/** A copy in an order that the seed decides (Fisher–Yates). */
export function shuffle<T>(items: readonly T[], seed: number): T[] {
  const next = xorshift(seed)
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = next() % (i + 1)
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  return shuffled
}
