// Runs one short-lived program and reports how it went as data; a program that is missing is a result, not an exception.
import { execFile } from 'node:child_process'

export interface CommandResult {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
  /** One line for an error list: the reason it failed, or an empty string. */
  readonly problem: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMs: number
}

export function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { cwd, env = process.env, timeoutMs } = options
  const settings = { cwd, env, timeout: timeoutMs, killSignal: 'SIGKILL', encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 } as const
  return new Promise((resolve) => {
    execFile(file, args, settings, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr, problem: error === null ? '' : describe(error, stderr, timeoutMs) })
    })
  })
}

function describe(error: Error & { killed?: boolean; code?: unknown }, stderr: string, timeoutMs: number): string {
  if (error.code === 'ENOENT') return 'no such program'
  if (error.killed === true) return `no result within ${timeoutMs} ms`
  const lastLines = stderr.trim().split('\n').slice(-3).join(' | ')
  return lastLines === '' ? error.message.trim() : lastLines
}
