import { knownExamples } from '../example.ts'
import { CommandError, exitCode } from '../exit-code.ts'
import type { Terminal } from '../terminal.ts'

/** `understudy examples`: what can be run by name from here. */
export function examples(output: 'table' | 'json', { stdout, cwd }: Terminal): number {
  const known = knownExamples(cwd)
  if (output === 'json') {
    stdout.write(`${JSON.stringify(known)}\n`)
    return exitCode.ok
  }
  if (known.length === 0) {
    throw new CommandError('there are no examples here: call from inside a checkout of the repository', exitCode.failed)
  }
  const width = Math.max(...known.map(({ name }) => name.length))
  for (const { name, description } of known) stdout.write(`${`${name.padEnd(width)}  ${description}`.trimEnd()}\n`)
  return exitCode.ok
}
