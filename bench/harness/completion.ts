// How a workload learns that its last message was handled.

/** A promise and what resolves it. */
export interface Completion {
  readonly promise: Promise<void>
  readonly done: () => void
}

export function completion(): Completion {
  let done!: () => void
  const promise = new Promise<void>((resolve) => {
    done = resolve
  })
  return { promise, done }
}
