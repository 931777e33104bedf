// What counts as a promise: anything with a `then`, so that promises of other realms and libraries are waited for, too.

/** Whether a value is to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
}

/** The same as a promise that keeps its word: it settles later and once, and waiting for it never throws. */
export function asPromise(value: PromiseLike<unknown>): Promise<unknown> {
  const isPlain =
    Object.getPrototypeOf(value) === Promise.prototype && !Object.hasOwn(value, 'then') && !Object.hasOwn(value, 'constructor')
  if (isPlain) return value as Promise<unknown>
  return new Promise((resolve) => {
    resolve(value)
  })
}
