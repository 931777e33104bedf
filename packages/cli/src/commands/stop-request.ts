// How a person asks a running command to end: once means please, twice means now.

/** A request to stop that may come while the command runs. */
export interface StopRequest {
  /** Resolves at the first Ctrl-C (or SIGTERM, SIGHUP, or when nobody reads our output any more). */
  readonly asked: Promise<void>
  readonly isAsked: boolean
  /** Gives the signals back to Node. */
  dispose(): void
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Listens from now on; a second signal calls `onInsist`. */
export function listenForStop(outputs: readonly NodeJS.WriteStream[], onInsist: () => void): StopRequest {
  let isAsked = false
  let resolve: () => void
  const asked = new Promise<void>((settle) => (resolve = settle))
  const ask = (): void => {
    isAsked = true
    resolve()
  }
  const onSignal = (): void => (isAsked ? onInsist() : ask())
  for (const signal of signals) process.on(signal, onSignal)
  for (const output of outputs) output.on('error', ask)
  return {
    asked,
    get isAsked() {
      return isAsked
    },
    dispose: () => {
      for (const signal of signals) process.off(signal, onSignal)
    },
  }
}
