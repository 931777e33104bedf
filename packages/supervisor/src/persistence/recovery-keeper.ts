// Keeps the recoveries of one supervisor's children in a store, behind their back: a recovery waits for nothing here, and a store that is
// slow, down or full of garbage costs one log line for each episode. Newest state first: what is overtaken is never written.

import { describeCause, RevisionConflictError } from '@understudy/runtime/spi'
import type { SupervisionControl } from '@understudy/runtime/spi'
import type { Recovery } from '../recovery/kernel.ts'
import { persistRecovery } from '../recovery/persist.ts'
import { readRecord, recordKey, recordPrefix, writeRecord } from './recovery-record.ts'
import { recoveryStore } from './recovery-store.ts'
import type { RecoveryStore } from './recovery-store.ts'

const answerWithinMs = 2_000
const maxWrites = 8
const retryAfterMs = { first: 500, most: 30_000 }
/** Nobody reads the record of a child that is no more; the store forgets it by itself. In milliseconds: three weeks. */
const keptMs = 21 * 86_400_000
/** As short as a time to live can be: "nothing" may be forgotten at once. */
const forgottenMs = 1_000
const nothing = new Uint8Array(0)

interface Wanted {
  readonly id: string
  /** Absent: nothing shall be there. */
  readonly recovery?: Recovery
}

/** The keeper of a supervisor that is to have one; without a store it says so, and there is none. */
export function keeperFor(control: SupervisionControl, persist: boolean | RecoveryStore = false): RecoveryKeeper | undefined {
  if (persist === false) return undefined
  const store = persist === true ? control.find?.(recoveryStore) : persist
  if (store !== undefined) return new RecoveryKeeper(control, store)
  const cause = 'persist is true, and nothing provides a store: give it one, such as fileStore(), or run it on a node of a cluster'
  control.report('warn', { type: 'recovery.not-kept', path: control.path, cause }, `recoveries of ${control.path} are not kept: ${cause}`)
  return undefined
}

/** The link of one incarnation of a supervisor to the store. */
export class RecoveryKeeper {
  readonly #control: SupervisionControl
  readonly #store: RecoveryStore
  /** What is not written yet, by key. */
  readonly #wanted = new Map<string, Wanted>()
  readonly #writing = new Map<string, Promise<void>>()
  /** The last known revisions of what is in the store. */
  readonly #revisions = new Map<string, number>()
  /** Children of whom it has been said that they cannot be kept. */
  readonly #unkept = new Set<string>()
  /** Who is to be told, by key, when what is not written yet is. */
  readonly #waiting = new Map<string, () => void>()
  #isWoken = false
  #isOver = false
  /** How long the store is left alone after it has failed; 0 while it serves. */
  #pauseMs = 0
  #isPausing = false

  constructor(control: SupervisionControl, store: RecoveryStore) {
    this.#control = control
    this.#store = store
  }

  /** What is stored of these children, by id, to be validated. Nothing after two seconds without an answer: it says so. Never rejects. */
  async load(ids: ReadonlySet<string>): Promise<Map<string, unknown>> {
    const { path } = this.#control
    const found = new Map<string, unknown>()
    try {
      for (const { key, value, revision } of await this.#answer(() => this.#store.list(recordPrefix(path)))) {
        this.#revisions.set(key, revision)
        if (value.byteLength === 0) continue
        try {
          const record = readRecord(value)
          const id = record.path.slice(path.length + 1)
          if (record.path !== `${path}/${id}` || recordKey(path, id) !== key) throw new Error(`it is of ${record.path}`)
          if (ids.has(id)) found.set(id, record.recovery)
          else this.#want(key, { id })
        } catch (error) {
          this.#want(key, { id: '' })
          this.#report(path, `what is stored at '${key}' is refused: ${describeCause(error)}`)
        }
      }
    } catch (error) {
      // What is there is of no use later: the children have been in health meanwhile.
      for (const id of ids) this.#want(recordKey(path, id), { id })
      this.#fail(`its children start in health, whatever they were in: ${describeCause(error)}`)
    }
    return found
  }

  /** The recovery of a child has changed; undefined: the child is no more. */
  note(id: string, recovery: Recovery | undefined): void {
    const key = recordKey(this.#control.path, id)
    if (recovery?.snapshot !== undefined) return this.#want(key, { id, recovery })
    this.#unkept.delete(id)
    if (this.#revisions.has(key) || this.#writing.has(key)) this.#want(key, { id })
    else this.#wanted.delete(key)
  }

  /** Resolves when what was noted of a child is written, or the store has failed or not answered in time. Never rejects. */
  settled(id: string): Promise<void> {
    const key = recordKey(this.#control.path, id)
    if (!this.#wanted.has(key)) return this.#writing.get(key) ?? Promise.resolve()
    if (this.#isPausing) return Promise.resolve()
    return this.#answer(() => new Promise<void>((resolve) => this.#whenWritten(key, resolve))).catch(() => undefined)
  }

  /** The supervisor has ended: what waits is tried once more. */
  close(): void {
    this.#isOver = true
  }

  #want(key: string, wanted: Wanted): void {
    this.#wanted.set(key, wanted)
    if (this.#isWoken) return
    this.#isWoken = true
    // One step may change a recovery several times.
    this.#control.env.soon(() => {
      this.#isWoken = false
      this.#pump()
    })
  }

  #whenWritten(key: string, tell: () => void): void {
    const before = this.#waiting.get(key)
    this.#waiting.set(key, () => {
      before?.()
      tell()
    })
  }

  #tellWritten(key: string): void {
    const tell = this.#waiting.get(key)
    this.#waiting.delete(key)
    tell?.()
  }

  #pump(): void {
    if (this.#isPausing) return
    for (const [key, wanted] of this.#wanted) {
      if (this.#writing.size >= maxWrites) return
      if (this.#writing.has(key)) continue
      this.#wanted.delete(key)
      const bytes = this.#bytesOf(key, wanted)
      if (bytes === undefined) this.#tellWritten(key)
      else this.#writing.set(key, this.#write(key, wanted, bytes))
    }
  }

  async #write(key: string, wanted: Wanted, bytes: Uint8Array): Promise<void> {
    const ttlMs = bytes.byteLength === 0 ? forgottenMs : keptMs
    const condition = { key, revision: this.#revisions.get(key) ?? 0 }
    const tell = this.#waiting.get(key)
    this.#waiting.delete(key)
    try {
      const revision = await this.#answer(() => this.#store.write(key, bytes, condition, { ttlMs }))
      tell?.()
      if (bytes.byteLength === 0) this.#revisions.delete(key)
      else this.#revisions.set(key, revision)
      this.#pauseMs = 0
    } catch (error) {
      if (!this.#wanted.has(key)) this.#wanted.set(key, wanted)
      if (tell !== undefined) this.#whenWritten(key, tell)
      // Nobody else writes here: it is our own write that was not answered, or one of the process before.
      if (error instanceof RevisionConflictError && error.actual !== undefined && error.actual !== condition.revision)
        this.#revisions.set(key, error.actual)
      else this.#fail(describeCause(error))
    } finally {
      this.#writing.delete(key)
      this.#pump()
    }
  }

  /** What is to be written, if anything. A recovery that cannot be put on paper leaves nothing there, and that is said once. */
  #bytesOf(key: string, { id, recovery }: Wanted): Uint8Array | undefined {
    if (recovery === undefined) return nothing
    const { env, path } = this.#control
    try {
      const paper = persistRecovery(recovery, { wallMs: env.wallNow(), nowMs: env.now() })
      return paper === undefined ? nothing : writeRecord(`${path}/${id}`, paper)
    } catch (error) {
      if (!this.#unkept.has(id)) this.#report(`${path}/${id}`, describeCause(error))
      this.#unkept.add(id)
      return this.#revisions.has(key) ? nothing : undefined
    }
  }

  #fail(cause: string): void {
    if (this.#pauseMs === 0) this.#report(this.#control.path, cause)
    this.#pauseMs = Math.min(retryAfterMs.most, Math.max(retryAfterMs.first, this.#pauseMs * 2))
    for (const key of [...this.#waiting.keys()]) this.#tellWritten(key)
    if (this.#isPausing) return
    this.#isPausing = true
    if (this.#isOver) return
    const goOn = (): void => {
      this.#isPausing = false
      if (!this.#isOver) this.#pump()
    }
    this.#control.env.setTimer(this.#pauseMs, goOn, true)
  }

  #report(path: string, cause: string): void {
    const text = `the recovery of ${path} is not kept, so the next process begins in health: ${cause}`
    this.#control.report('warn', { type: 'recovery.not-kept', path, cause }, text)
  }

  /** The answer, or an error when there is none in time. */
  #answer<T>(ask: () => Promise<T>): Promise<T> {
    const { env } = this.#control
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error(`no answer from the store within ${answerWithinMs} ms`))
      const timer = env.setTimer(answerWithinMs, late, true)
      // What is thrown at once is an answer like any other.
      void new Promise<T>((answered) => answered(ask())).then(resolve, reject).finally(() => env.clearTimer(timer))
    })
  }
}
