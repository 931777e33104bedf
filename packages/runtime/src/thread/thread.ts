// One worker thread, seen from the main loop: who lives in it, what it says, whether it still answers, and its end.

import type { Worker } from 'node:worker_threads'
import type { TimerHandle } from '../contracts/env.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import type { Host } from '../contracts/host.ts'
import type { ThreadIsolation } from '../contracts/isolation.ts'
import type { Message } from '../contracts/message.ts'
import { ThreadCrashedError, ThreadHungError } from '../errors.ts'
import { Crossing } from './crossing.ts'
import type { FromThread, ToThread } from './frame.ts'

/** How long an actor in a thread may be in one message by default, in milliseconds. */
const defaultHangMs = 5000

/** How long a thread may answer nothing while it loads modules, whatever `hangMs` is. */
const bootMs = 30_000
const looksPerHang = 4
const shortestLookMs = 10

// A file beside this one, in the sources and in the build, where this module is part of a chunk.
const entry = import.meta.url.endsWith('.ts') ? new URL('./worker.ts', import.meta.url) : new URL('./thread/worker.js', import.meta.url)

/** What every thread of ours knows of where it comes from. */
export interface ThreadData {
  readonly understudy: { readonly aheadMs: number }
}

/** An actor that lives in a thread, as the thread knows it: its outer half. */
export interface Resident {
  readonly path: string
  /** While its module is not there yet, and while it is not born yet. */
  readonly stage: 'loading' | 'starting' | undefined
  /** What the thread says of it. */
  receive(frame: Extract<FromThread, { readonly id: number }>): void
  /** The thread is no more. */
  lost(why: Error): void
  /** The message it has been in for longest, and since when. */
  inHand(now: number): { readonly message: Message; readonly since: number } | undefined
  forgive(ms: number): void
}

/** One living worker. */
export class Thread {
  readonly options: ThreadIsolation
  /** Whose it is, for people: the name it is shared by, or the path of the only one. */
  readonly owner: string
  readonly crossing: Crossing
  /** Why it is no more. */
  lost: Error | undefined
  readonly #host: Host
  readonly #worker: Worker
  readonly #halves = new Map<number, Resident>()
  readonly #onOver: () => void
  readonly #hangMs: number
  readonly #exited = Promise.withResolvers<void>()
  #why: Error | undefined
  #busy = 0
  #ids = 0
  #look: TimerHandle | undefined
  #lookedAt = 0
  /** Since when an answer is owed; undefined while none is. */
  #askedAt: number | undefined
  #isReady = false

  constructor(host: Host, options: ThreadIsolation, owner: string, onOver: () => void) {
    this.#host = host
    this.options = options
    this.owner = owner
    this.#onOver = onOver
    this.#hangMs = options.hangMs ?? defaultHangMs
    this.crossing = new Crossing(host, (frame) => this.post(frame))
    const { env } = host
    const workerData: ThreadData = { understudy: { aheadMs: env.wallNow() - env.now() } }
    // Loaded with the first thread: a program without threads does not pay for it.
    const threads = process.getBuiltinModule('node:worker_threads')
    this.#worker = new threads.Worker(entry, {
      name: owner,
      workerData,
      ...execOptions(),
      ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
    })
    this.#worker.on('message', (frame: FromThread) => {
      try {
        this.#receive(frame)
      } catch (cause) {
        // Some other code there has used our port. That must harm those who live there, and not this loop.
        this.terminate(crashed(this.owner, cause))
      }
    })
    this.#worker.on('error', (cause: unknown) => (this.#why ??= crashed(this.owner, cause)))
    this.#worker.on('exit', (code) => this.#over(this.#why ?? new ThreadCrashedError(this.owner, `it exited with code ${code}`)))
    this.#worker.unref()
    this.#askedAt = env.now()
    this.#lookedAt = env.now()
    this.#lookLater()
  }

  get isEmpty(): boolean {
    return this.#halves.size === 0
  }

  /** Resolves when the worker is no more. */
  get exited(): Promise<void> {
    return this.#exited.promise
  }

  /** @throws DataCloneError when something in it cannot be cloned; then nothing was sent. */
  post(frame: ToThread): void {
    if (this.lost === undefined) this.#worker.postMessage(frame)
  }

  /** Something is under way there: the process waits for it. */
  hold(): void {
    if (++this.#busy === 1 && this.lost === undefined) this.#worker.ref()
  }

  release(): void {
    if (--this.#busy === 0 && this.lost === undefined) this.#worker.unref()
  }

  /** A new incarnation moves in; answers its number. */
  enter(half: Resident): number {
    this.leave(half)
    const id = ++this.#ids
    this.#halves.set(id, half)
    return id
  }

  leave(half: Resident): void {
    for (const [id, other] of this.#halves) if (other === half) this.#halves.delete(id)
  }

  /** Ends an inner half that nobody waits for any more. */
  kill(id: number): void {
    this.post({ t: 'kill', id })
  }

  /** Whether it is about to be no more: nobody should move in. */
  get isEnding(): boolean {
    return this.#why !== undefined
  }

  /** Ends the thread. */
  terminate(why: Error): void {
    this.#why ??= why
    void this.#worker.terminate()
  }

  #receive(frame: FromThread): void {
    const host = this.#host
    // Whatever it says is a sign of life.
    if (this.#askedAt !== undefined) this.#askedAt = host.env.now()
    switch (frame.t) {
      case 'ready':
        this.#isReady = true
        this.#askedAt = undefined
        return
      case 'pong':
        this.#askedAt = undefined
        return
      case 'log':
        try {
          host.log[frame.level](frame.fields, frame.text)
        } catch {
          // A logger that throws must not break what it reports of.
        }
        return
      case 'report':
        host.report(frame.level, frame.event, frame.text)
        return
      case 'dead-letter':
        host.counters.received++
        host.deadLetter(this.crossing.open(frame.parcel) as Message, null, frame.reason, frame.target, frame.why)
        return
      case 'message':
      case 'reply':
      case 'stop':
      case 'watch':
      case 'unwatch':
      case 'gone':
        this.crossing.receive(frame)
        return
      default:
        this.#halves.get(frame.id)?.receive(frame)
    }
  }

  // --- Is it alive? ---------------------------------------------------------------------------------------------------------

  #lookLater(): void {
    if (this.#hangMs === Number.POSITIVE_INFINITY) return
    this.#look = this.#host.env.setTimer(Math.max(shortestLookMs, this.#hangMs / looksPerHang), () => this.#lookAfter(), true)
  }

  #lookAfter(): void {
    const { env } = this.#host
    const now = env.now()
    // When this loop stood still, what it has not heard is not the thread's fault.
    const lateMs = now - this.#lookedAt - 2 * Math.max(shortestLookMs, this.#hangMs / looksPerHang)
    this.#lookedAt = now
    if (lateMs > 0) {
      if (this.#askedAt !== undefined) this.#askedAt += lateMs
      for (const half of this.#halves.values()) half.forgive(lateMs)
    }
    this.crossing.sweep()
    const hung = this.#findHung(now)
    if (hung !== undefined) {
      this.terminate(hung)
      return
    }
    if (this.#isReady && this.#askedAt === undefined) {
      this.#askedAt = now
      this.post({ t: 'ping' })
    }
    this.#lookLater()
  }

  #findHung(now: number): Error | undefined {
    const silentMs = this.#askedAt === undefined ? 0 : now - this.#askedAt
    // Importing modules may keep a thread busy for a while, with nothing wrong.
    const isBooting = !this.#isReady || [...this.#halves.values()].some(({ stage }) => stage === 'loading')
    const isSilent = silentMs >= (isBooting ? Math.max(bootMs, this.#hangMs) : this.#hangMs)
    let error: Error | undefined
    for (const half of this.#halves.values()) {
      const held = half.inHand(now)
      const heldMs = held === undefined ? 0 : now - held.since
      if (heldMs < this.#hangMs && !(isSilent && (held !== undefined || half.stage !== undefined))) continue
      error ??= this.#hung(half.path, held?.message.type, Math.round(Math.max(heldMs, silentMs)))
    }
    return error ?? (isSilent ? this.#hung('', undefined, Math.round(silentMs)) : undefined)
  }

  #hung(path: string, messageType: string | undefined, ms: number): Error {
    const error = new ThreadHungError(this.owner, path, messageType, ms)
    const event = { type: 'actor.hung', path, ...(messageType !== undefined && { messageType }), ms, terminated: true } as const
    this.#host.report('error', event, error.message)
    return error
  }

  #over(why: Error): void {
    this.lost = why
    this.#host.env.clearTimer(this.#look)
    this.#onOver()
    const halves = [...this.#halves.values()]
    this.#halves.clear()
    for (const half of halves) half.lost(why)
    this.crossing.close(why)
    this.#exited.resolve()
  }
}

const forWorkers = /^(--conditions|-C|--import|--require|-r|--enable-source-maps|--no-warnings)(=|$)/

/**
 * The options of Node for a worker: by default those of this process. A program from standard input has one that workers refuse, and
 * a list given to them must not have what is about the process as a whole, so then only what modules are found by is handed on.
 */
function execOptions(): { readonly execArgv?: string[] } {
  const { execArgv } = process
  if (!execArgv.some((option) => option.startsWith('--input-type'))) return {}
  const isValue = (at: number): boolean => at > 0 && !execArgv[at]!.startsWith('-') && !execArgv[at - 1]!.includes('=')
  return { execArgv: execArgv.filter((option, at) => forWorkers.test(option) || (isValue(at) && forWorkers.test(execArgv[at - 1]!))) }
}

function crashed(name: string, cause: unknown): Error {
  const isMemory = (cause as { code?: unknown } | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return new ThreadCrashedError(name, isMemory ? 'it used more memory than its resourceLimits allow' : describeCause(cause), { cause })
}
