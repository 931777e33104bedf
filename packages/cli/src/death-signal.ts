// Linux can tie a process to its parent's death; that reaches a child that is stopped or spins, which no pipe does.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

let known: readonly string[] | undefined

/** The command to put before another so that it is killed when this process dies; empty where the system has no such thing. */
export function deathSignalPrefix(): readonly string[] {
  return (known ??= probe())
}

function probe(): readonly string[] {
  // The kernel means the parent's thread: a child of a worker thread would be killed when that thread ends.
  if (process.platform !== 'linux' || !isMainThread) return []
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const setpriv = join(folder, 'setpriv')
    if (folder === '' || !existsSync(setpriv)) continue
    const prefix = [setpriv, '--pdeathsig', 'KILL']
    // BusyBox has a setpriv too, without this option.
    if (spawnSync(setpriv, [...prefix.slice(1), 'true'], { stdio: 'ignore' }).status === 0) return prefix
  }
  return []
}
