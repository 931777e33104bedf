// Waiting for something that tells nobody when it has happened.

const pollMs = 5

/** Resolves true as soon as `isDone`, or false after `timeoutMs`; looks every 5 ms. */
export async function until(isDone: () => boolean, timeoutMs: number, pause: (ms: number) => Promise<void>): Promise<boolean> {
  for (let waitedMs = 0; !isDone(); waitedMs += pollMs) {
    if (waitedMs >= timeoutMs) return false
    await pause(pollMs)
  }
  return true
}
