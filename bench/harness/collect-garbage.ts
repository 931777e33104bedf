// A measurement of memory begins and ends with an empty young generation.

/** @throws Error unless Node was started with `--expose-gc`. */
export function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('start node with --expose-gc')
  globalThis.gc()
  globalThis.gc()
}
