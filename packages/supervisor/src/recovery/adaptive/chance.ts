// Random numbers from the one that an event brings: the same number, the same decisions. Beta by two gammas; G. Marsaglia, W. Tsang, "A
// Simple Method for Generating Gamma Variables", ACM TOMS 2000.

/** A source of numbers in [0, 1) that follows from one of them. */
export function chanceFrom(number: number): () => number {
  return mulberry32(Math.floor(number * 4_294_967_296))
}

/** A source of numbers in [0, 1), determined by its seed (T. Ettinger, 2017). */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Draws from Beta(a, b); both at least 1. */
export function drawBeta(a: number, b: number, chance: () => number): number {
  const x = drawGamma(a, chance)
  return x / (x + drawGamma(b, chance))
}

/** The shape is at least 1. */
function drawGamma(shape: number, chance: () => number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())
    const v = (1 + c * normal) ** 3
    if (v > 0 && Math.log(1 - chance()) < (normal * normal) / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}
