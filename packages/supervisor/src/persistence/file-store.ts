// Recoveries as files, for one process without a cluster: a file for each key, written beside its place, synced, and renamed into it. So
// whatever moment the process or the machine dies at, a file is as it was or as it was to be.

import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidOptionError, RevisionConflictError, StoreUnavailableError } from '@understudy/runtime/spi'
import type { Entry } from '@understudy/runtime/spi'
import type { RecoveryStore } from './recovery-store.ts'

const validKey = /^(?=.{1,180}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
const suffix = '.entry'

/**
 * A store in a directory, which is made when it is first used.
 *
 * Use when: `persist` is wanted without a cluster. Watch out: one process at a time; nothing expires, and an empty value deletes its file.
 *
 * @throws InvalidOptionError
 */
export function fileStore(directory: string): RecoveryStore {
  if (typeof directory !== 'string' || directory === '') throw new InvalidOptionError('directory', directory, 'the path of a directory')
  let entries: Promise<Map<string, Entry>> | undefined
  let last: Promise<unknown> = Promise.resolve()
  let revision = 0

  // One after the other: what is read or written is what the call before has left. A failed one is not in the way of the next.
  const inTurn = <T>(what: string, run: (known: Map<string, Entry>) => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      try {
        return await run(await (entries ??= load()))
      } catch (cause) {
        if (cause instanceof RevisionConflictError) throw cause
        entries = undefined
        throw new StoreUnavailableError(what, String(cause), { cause })
      }
    })
    last = turn.catch(() => undefined)
    return turn
  }

  async function load(): Promise<Map<string, Entry>> {
    await mkdir(directory, { recursive: true })
    const found = new Map<string, Entry>()
    for (const name of await readdir(directory)) {
      const key = name.endsWith(suffix) ? name.slice(0, -suffix.length) : ''
      if (!validKey.test(key)) continue
      const content = await readFile(join(directory, name))
      const end = content.indexOf('\n')
      const number = Number(content.subarray(0, Math.max(0, end)).toString())
      const entry = { key, value: content.subarray(end + 1), revision: Number.isSafeInteger(number) && number > 0 ? number : 1 }
      found.set(key, entry)
      revision = Math.max(revision, entry.revision)
    }
    return found
  }

  return {
    write(key, value, condition) {
      if (!validKey.test(key)) throw new InvalidOptionError('key', key, 'dot-separated tokens of [A-Za-z0-9_-], at most 180 characters')
      const bytes = value.slice()
      return inTurn(`write of '${key}'`, async (known) => {
        const actual = known.get(condition.key)?.revision ?? 0
        if (actual !== condition.revision) throw new RevisionConflictError(condition.key, condition.revision, actual)
        const entry = { key, value: bytes, revision: ++revision }
        const file = join(directory, key + suffix)
        if (bytes.byteLength === 0) await rm(file, { force: true })
        else {
          await withFile(`${file}.new`, 'w', (handle) => handle.writeFile(Buffer.concat([Buffer.from(`${entry.revision}\n`), bytes])))
          await rename(`${file}.new`, file)
        }
        await withFile(directory, 'r', async () => undefined)
        if (bytes.byteLength === 0) known.delete(key)
        else known.set(key, entry)
        return entry.revision
      })
    },
    list: (prefix) => inTurn(`list of '${prefix}'`, async (known) => [...known.values()].filter(({ key }) => key.startsWith(prefix))),
  }
}

/** Does something with a file, or a directory, and does not come back before that would survive a loss of power. */
async function withFile(path: string, mode: 'r' | 'w', run: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, mode)
  try {
    await run(handle)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
