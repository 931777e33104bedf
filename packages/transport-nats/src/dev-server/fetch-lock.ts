// Lets one process fetch while the others wait for what it brings. Only a saving of work: the cache stays whole without it,
// so a lock whose holder is dead or too old is simply taken over.
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 50
const tooOldMs = 5 * 60_000

/** Runs `work` while holding the folder's lock; waits as long as a living process holds it. */
export async function withFetchLock<T>(folder: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true })
  const lock = join(folder, '.fetch-lock')
  for (let tries = 0; !(await tryLock(folder, lock)); tries++) {
    if (await isAbandoned(lock)) await rm(lock, { force: true })
    else {
      if (tries === 0) onWait()
      await delay(pollMs)
    }
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

/** A link either creates the lock together with its content or fails: no reader sees a lock without its holder. */
async function tryLock(folder: string, lock: string): Promise<boolean> {
  const draft = join(folder, `.fetch-lock-${process.pid}-${Math.random().toString(36).slice(2)}`)
  await writeFile(draft, String(process.pid))
  try {
    await link(draft, lock)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(lock)
    if (Date.now() - mtimeMs > tooOldMs) return true
    process.kill(Number(await readFile(lock, 'utf8')), 0)
    return false
  } catch (error) {
    // ESRCH: the holder is gone. EPERM: it lives, under another user. ENOENT: it was released meanwhile, just try again.
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
