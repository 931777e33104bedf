// Keeps a nats-server from outliving its owner. Between the two stands a shell whose stdin is a pipe from the owner: however
// the owner ends, kill -9 included, the pipe closes, and the shell kills the server and removes the temporary folder. It has a
// session of its own, so neither Ctrl-C nor the death of the owner's process group reaches it before its work is done.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Starts one server, says its pid, waits for it and says how it ended; reaping it here means a pid that is said to have ended is
 * really gone. Runs below the watchdog because a shell that reads commands cannot wait at the same time.
 */
const runner = `
trap '[ -n "$server" ] && kill -KILL "$server"' TERM
( exec $GUARD "$BINARY" --config "$CONFIG" ) >/dev/null 2>>"$RUN_FOLDER/stderr.log" &
server=$!
echo "pid $server"
wait "$server"; code=$?
while kill -0 "$server" 2>/dev/null; do wait "$server"; code=$?; done
echo "exit $code"
`

/** Reads one word per line: start. The end of input means the owner is gone. */
const watchdog = `
finish() {
  trap - EXIT
  if [ -n "$runner" ]; then kill -TERM "$runner" 2>/dev/null; wait "$runner" 2>/dev/null; fi
  [ -n "$RUN_FOLDER" ] && rm -rf -- "$RUN_FOLDER"
  exit 0
}
trap finish EXIT
trap exit TERM INT HUP
while read -r word; do
  if [ "$word" = start ]; then $GUARD sh -c "$RUNNER" & runner=$!; fi
done
`

/** What a watchdog watches. */
export interface WatchedServer {
  readonly binary: string
  readonly configFile: string
  /** Temporary folder, removed when the watch ends. */
  readonly runFolder: string
}

/** A server process as seen through its watchdog. */
export interface ServerProcess {
  readonly pid: number
  /** Resolves once the process is gone, with its exit code as a shell gives it (137 for SIGKILL). */
  readonly ended: Promise<number>
}

/** Starts server processes one after the other, and ends with them. */
export interface Watchdog {
  start(): Promise<ServerProcess>
  /** Kills the server if it still runs and removes the temporary folder. */
  close(): Promise<void>
}

/** Starts the shell; no server yet. The owner's process may end while it runs: it keeps nothing alive. */
export function spawnWatchdog({ binary, configFile, runFolder }: WatchedServer): Watchdog {
  // Linux can tie each process to its parent's death, which covers the case that the watchdog itself is killed.
  const guard = process.platform === 'linux' && isOnPath('setpriv') ? 'setpriv --pdeathsig KILL' : ''
  const child = spawn('sh', ['-c', watchdog], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, GUARD: guard, RUNNER: runner, BINARY: binary, CONFIG: configFile, RUN_FOLDER: runFolder },
  })
  const lines = new LineQueue(child)
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()))
  child.stdin.on('error', () => {})
  lines.keepAlive(false)

  return {
    async start() {
      lines.keepAlive(true)
      try {
        child.stdin.write('start\n')
        const pid = Number((await lines.next('pid ')).slice('pid '.length))
        return { pid, ended: lines.next('exit ').then((line) => Number(line.slice('exit '.length))) }
      } finally {
        lines.keepAlive(false)
      }
    },
    async close() {
      lines.keepAlive(true)
      child.stdin.end()
      await closed
    },
  }
}

/** Hands out the shell's lines to whoever waits for one of their kind; a shell that ended counts as every line. */
class LineQueue {
  readonly #child: ChildProcess
  readonly #waiting: { prefix: string; resolve: (line: string) => void }[] = []
  #ended = false

  constructor(child: ChildProcess) {
    this.#child = child
    const end = (): void => {
      this.#ended = true
      for (const { prefix, resolve } of this.#waiting.splice(0)) resolve(`${prefix}-1`)
    }
    child.once('error', end)
    if (child.stdout === null) return
    const reader = createInterface({ input: child.stdout })
    reader.once('close', end)
    reader.on('line', (line) => {
      const index = this.#waiting.findIndex(({ prefix }) => line.startsWith(prefix))
      if (index >= 0) this.#waiting.splice(index, 1)[0]?.resolve(line)
    })
  }

  next(prefix: string): Promise<string> {
    if (this.#ended) return Promise.resolve(`${prefix}-1`)
    return new Promise((resolve) => this.#waiting.push({ prefix, resolve }))
  }

  /** Whether the shell keeps the owner's event loop alive: only while the owner waits for it. */
  keepAlive(on: boolean): void {
    const pipes = [this.#child.stdin, this.#child.stdout] as unknown as { ref(): void; unref(): void }[]
    for (const handle of [this.#child, ...pipes]) {
      if (on) handle.ref()
      else handle.unref()
    }
  }
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)))
}
