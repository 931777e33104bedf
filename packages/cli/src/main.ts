// The command line of `understudy`: words and options in, one of the commands, an exit code out.
import { readFileSync } from 'node:fs'
import { CommandError, exitCode } from './exit-code.ts'
import type { DevOptions } from './commands/dev.ts'
import type { Terminal } from './terminal.ts'

const helpExamples = `
Examples:
  understudy dev flight-operations --nodes 3     three nodes and a nats-server
  understudy dev ./my-node.ts --nats memory      one process, no NATS
  understudy dev flight-operations --json | jq   log lines for machines
  understudy examples                            what can be run by name

Exit codes: 0 ok · 1 failed · 2 usage · 3 cannot reach NATS · 130 interrupted`

/**
 * Runs the `understudy` command and resolves with its exit code: 0 ok, 1 failed, 2 usage, 3 cannot reach NATS, 130 interrupted. Takes
 * `process.argv` as it is. Never rejects.
 */
export async function run(argv: readonly string[] = process.argv): Promise<number> {
  const terminal: Terminal = { stdout: process.stdout, stderr: process.stderr, cwd: process.cwd(), env: process.env }
  if (!isSupportedNode(process.versions.node)) {
    terminal.stderr.write(
      `error: understudy needs Node 22.18 or newer, this is ${process.versions.node} (${process.execPath})\n` +
        '  Install a newer one (https://nodejs.org), or in the repository start it with: npx -y pnpm@12 understudy …\n',
    )
    return exitCode.failed
  }
  try {
    return await runCommand(argv, terminal)
  } catch (error) {
    if (error instanceof CommandError) {
      terminal.stderr.write(`error: ${error.message}\n`)
      return error.exitCode
    }
    terminal.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    return exitCode.failed
  }
}

/** Node 22.18 is the first that runs TypeScript without a flag. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 18)
}

async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  // Loaded here: an older Node must get as far as the message above, and who imports us for `launchNode` needs none of it.
  const { Command, CommanderError, InvalidArgumentError, Option } = await import('commander')
  let code: number = exitCode.ok
  const checked =
    <T>(parse: (text: string) => T) =>
    (text: string): T => {
      try {
        return parse(text)
      } catch (error) {
        throw new InvalidArgumentError((error as Error).message)
      }
    }

  const program = new Command('understudy')
    .description('Run a cluster on this machine, look at it, break it on purpose.')
    .version(readVersion(), '-V, --version')
    .addHelpText('after', helpExamples)
    .exitOverride()

  const { parseNatsChoice } = await import('./commands/nats.ts')
  program
    .command('dev')
    .description('start NATS and a number of nodes of one program, and show what they log')
    .argument('[example]', 'name of an example, or path of a file or folder; default the program in this folder')
    .argument('[args...]', 'arguments for the program, after --')
    .addOption(
      new Option('--nodes <count>', 'number of node processes, 1 to 32 (default: 3; 1 without NATS)').argParser(checked(parseNodes)),
    )
    .addOption(
      new Option('--nats <where>', "'auto' starts a server, 'memory' does without, or an address")
        .argParser(checked(parseNatsChoice))
        .default('auto'),
    )
    .addOption(new Option('--log-level <level>', 'the least level shown').choices(['debug', 'info', 'warn', 'error']).default('info'))
    .option('--cluster <name>', "name of the cluster (default: the example's name)")
    .option('--json', 'log lines as NDJSON with the name of the node', false)
    .action(async (example: string | undefined, args: string[], options: Omit<DevOptions, 'args'>) => {
      const { dev } = await import('./commands/dev.ts')
      code = await dev(example, { ...options, args }, terminal)
    })
  program
    .command('examples')
    .description('list the examples that can be run by name from here')
    .addOption(new Option('-o, --output <format>', 'how').choices(['table', 'json']).default('table'))
    .action(async ({ output }: { output: 'table' | 'json' }) => {
      const { examples } = await import('./commands/examples.ts')
      code = examples(output, terminal)
    })

  try {
    await program.parseAsync(argv)
    return code
  } catch (error) {
    // Commander has said what is wrong; help and version arrive here too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    throw error
  }
}

function parseNodes(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > 32) throw new Error('must be a whole number from 1 to 32.')
  return count
}

function readVersion(): string {
  // One folder up both from src and from dist.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}
