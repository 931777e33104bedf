import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'

/** The repository's root; every script works from there, wherever it was called. */
export const root = join(import.meta.dirname, '..')

/** Runs one command from the root with the pinned tools first on PATH; its output goes where ours goes unless `quiet`. */
export const run = (
  command: string,
  args: readonly string[],
  options: { quiet?: boolean; cwd?: string; env?: Record<string, string> } = {},
): { status: number; output: string } => {
  const result = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    encoding: 'utf8',
    stdio: options.quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...options.env, PATH: [join(root, 'node_modules/.bin'), process.env.PATH].join(delimiter) },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.error) throw result.error
  return { status: result.status ?? 1, output: `${result.stdout ?? ''}${result.stderr ?? ''}` }
}
