// Starts node programs as processes of their own and holds on to them: their log lines, their end, and what it takes to hurt them on
// purpose. Two cords tie a child to this process: its stdin is a pipe that closes with us, and Linux kills it when we die.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { deathSignalPrefix } from './death-signal.ts'
import { parentPipeVariable } from './exit-with-parent.ts'
import { LineSplitter } from './line-splitter.ts'
import type { NodeLine } from './log-record.ts'
import { parseLine } from './log-record.ts'

/** What to start. */
export interface LaunchOptions {
  /** The node's name; given to the program as `UNDERSTUDY_NODE`. */
  readonly name: string
  /** The program's file; a `.ts` file is run from source (Node 22.18 or newer). */
  readonly entry: string
  /** Added to this process's environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Arguments of the program. */
  readonly args?: readonly string[]
  /** Working directory; default this process's. */
  readonly cwd?: string
}

/** How a process ended: its code, or the signal that killed it. */
export interface NodeExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A node program that runs as a process of its own. */
export interface NodeProcess {
  readonly name: string
  /** The operating system's process id; `-1` when it could not be started. */
  readonly pid: number
  readonly isRunning: boolean
  /** Resolves once the process is gone and its last line was handed out; never rejects. */
  readonly exited: Promise<NodeExit>
  /** Calls back for every line from now on; the function it returns ends that. */
  lines(listener: (line: NodeLine) => void): () => void
  /**
   * Resolves with the first line that the predicate accepts, among the last 2000 lines and those to come; `from: 'now'` looks only at those to
   * come. Rejects when the time is over or the process ends first, quoting its last lines.
   */
  waitFor(predicate: (line: NodeLine) => boolean, timeoutMs: number, options?: { readonly from?: 'start' | 'now' }): Promise<NodeLine>
  /** SIGKILL. */
  kill(): Promise<NodeExit>
  /** SIGSTOP: it keeps its connections and does nothing. */
  pause(): void
  /** SIGCONT: the end of a pause. */
  resume(): void
  /** SIGTERM (and the end of a pause), SIGKILL when it has not ended after `timeoutMs` (default 10 000). Resolves with the exit code, 128 + signal if killed. */
  drain(timeoutMs?: number): Promise<number>
}

const linesKept = 2000
const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}

/** The exit code as a shell gives it: 128 + signal for a process that was killed. */
export function exitCodeOf({ code, signal }: NodeExit): number {
  return code ?? 128 + ((signal === null ? undefined : signalNumbers[signal]) ?? 0)
}

/**
 * Starts a node program. It ends with this process, however this process ends, if it calls `exitWithParent()`; on Linux with util-linux even
 * while it is stopped. Ctrl-C in the terminal does not reach it: whoever launched it decides. Throws when the entry does not exist.
 *
 * Use when: a program drives several nodes, such as a demo or a cluster test.
 */
export function launchNode(options: LaunchOptions): NodeProcess {
  const entry = resolvePath(options.cwd ?? '.', options.entry)
  if (!existsSync(entry)) throw new Error(`cannot launch node ${options.name}: there is no file ${entry}`)
  const [command = process.execPath, ...args] = [
    ...deathSignalPrefix(),
    process.execPath,
    ...(/\.m?ts$/.test(entry) ? ['--conditions=understudy-source'] : []),
    entry,
    ...(options.args ?? []),
  ]
  const child = spawn(command, args, {
    cwd: options.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A session of its own, so that the terminal's Ctrl-C goes to us alone and we can drain.
    detached: true,
    env: { ...process.env, UNDERSTUDY_LOG: 'json', ...options.env, UNDERSTUDY_NODE: options.name, [parentPipeVariable]: '1' },
  })
  return new LaunchedNode(options.name, child)
}

class LaunchedNode implements NodeProcess {
  readonly name: string
  readonly pid: number
  readonly exited: Promise<NodeExit>
  readonly #child: ChildProcess
  readonly #listeners = new Set<(line: NodeLine) => void>()
  #recent: NodeLine[] = []
  #exit: NodeExit | undefined

  constructor(name: string, child: ChildProcess) {
    this.name = name
    this.pid = child.pid ?? -1
    this.#child = child
    child.stdin?.on('error', () => {})
    for (const stream of ['stdout', 'stderr'] as const) {
      const splitter = new LineSplitter((raw) => this.#take(parseLine(name, stream, raw)))
      child[stream]?.on('data', (chunk: Buffer) => splitter.push(chunk))
      child[stream]?.on('end', () => splitter.end())
    }
    this.exited = new Promise((resolve) => {
      const end = (exit: NodeExit): void => {
        this.#exit = exit
        resolve(exit)
      }
      child.once('close', (code, signal) => end({ code, signal }))
      // A grandchild that inherited stdout would hold back 'close' for as long as it likes.
      child.once('exit', (code, signal) => setTimeout(() => end({ code, signal }), 500).unref())
      child.once('error', (error) => {
        if (child.pid !== undefined) return
        this.#take({ node: name, stream: 'stderr', raw: `cannot be started: ${error.message}` })
        end({ code: 127, signal: null })
      })
    })
  }

  get isRunning(): boolean {
    return this.#exit === undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  lines(listener: (line: NodeLine) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  waitFor(predicate: (line: NodeLine) => boolean, timeoutMs: number, options: { readonly from?: 'start' | 'now' } = {}): Promise<NodeLine> {
    const seen = options.from === 'now' ? undefined : this.#recent.find(predicate)
    if (seen !== undefined) return Promise.resolve(seen)
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer)
        stopListening()
        act()
      }
      const fail = (what: string): void => settle(() => reject(new Error(`node ${this.name} ${what}. Its last lines:\n${this.#tail()}`)))
      const timer = setTimeout(() => fail(`did not write the awaited line within ${timeoutMs} ms`), timeoutMs)
      const stopListening = this.lines((line) => {
        if (predicate(line)) settle(() => resolve(line))
      })
      void this.exited.then((exit) => fail(`ended with code ${exitCodeOf(exit)} before it wrote the awaited line`))
    })
  }

  kill(): Promise<NodeExit> {
    this.#child.kill('SIGKILL')
    return this.exited
  }

  pause(): void {
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#child.kill('SIGCONT')
  }

  async drain(timeoutMs = 10_000): Promise<number> {
    this.#child.kill('SIGTERM')
    this.#child.kill('SIGCONT')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    const exit = await this.exited
    clearTimeout(timer)
    return exitCodeOf(exit)
  }

  #take(line: NodeLine): void {
    this.#recent.push(line)
    if (this.#recent.length > 2 * linesKept) this.#recent = this.#recent.slice(-linesKept)
    for (const listener of this.#listeners) listener(line)
  }

  #tail(): string {
    return this.#recent
      .slice(-10)
      .map(({ raw }) => `  ${raw}`)
      .join('\n')
  }
}
