import { readFileSync } from 'node:fs'

/** Runs the `understudy` command with the given arguments (without node and script path). */
export const main = async (args: readonly string[]): Promise<void> => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  if (args[0] === '--version') console.log(version)
}
