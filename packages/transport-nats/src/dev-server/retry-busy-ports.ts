// A port that was free when picked may be taken by the time the server binds it; then the whole start is tried again.
import { NatsServerStartError } from './errors.ts'

const tries = 5

/** Runs `start` again with new ports while the server reports one as taken; a port the caller chose is not retried. */
export async function retryBusyPorts<T>(mayChange: boolean, start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      const isBusy = error instanceof NatsServerStartError && error.logTail.includes('address already in use')
      if (!isBusy || !mayChange || attempt === tries) throw error
    }
  }
}
