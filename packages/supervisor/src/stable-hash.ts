// The hash that decides where a key lives: the same on every node, in every release and in every process. FNV-1a, mixed by murmur3's
// finalizer, as FNV alone hardly mixes its last characters into the high bits.

/** The FNV-1a 32-bit hash over a text's characters (two bytes each beyond Latin-1), continued from `seed`. */
export function fnv1a(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    if (unit > 0xff) hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  return hash
}

/** murmur3's finalizer: every bit of the input changes about half of the output's. A whole number from 0 to 2^32 - 1. */
export function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
