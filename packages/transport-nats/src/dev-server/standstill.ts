// A signal is on its way until it has been taken in: SIGSTOP has stopped a process only when all of its threads stand.

import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 2
const patienceMs = 5_000

/**
 * Resolves when every thread of a process that was sent SIGSTOP stands still, or the process is gone; after 5 s at the latest.
 * Where there is no `/proc` it resolves at once.
 */
export async function untilStopped(pid: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    const states = await threadStates(pid)
    if (states.every((state) => state === 'T' || state === 't')) return
    await delay(pollMs)
  }
}

async function threadStates(pid: number): Promise<readonly string[]> {
  const folder = `/proc/${pid}/task`
  const threads = await readdir(folder).catch(() => [])
  return Promise.all(
    threads.map(async (thread) => {
      // The state follows the name, which stands in parentheses and may itself have some.
      const stat = await readFile(`${folder}/${thread}/stat`, 'utf8').catch(() => ') T')
      return stat.charAt(stat.lastIndexOf(')') + 2)
    }),
  )
}
