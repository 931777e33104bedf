// Finds the program that is to run as a node: an example of the checkout by its name, or any file or folder by its path.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { CommandError, exitCode } from './exit-code.ts'

/** A program that runs as a node. */
export interface Example {
  readonly name: string
  /** The file that a node process runs. */
  readonly entry: string
  /** One line from its package.json; may be empty. */
  readonly description: string
}

/** Finds what `target` names, or the program in `cwd` when it names nothing. Throws a usage error that lists the known examples. */
export function findExample(target: string | undefined, cwd: string): Example {
  if (target === undefined) {
    const here = readFolder(cwd)
    if (here !== undefined) return here
    throw new CommandError(`say what to run: understudy dev <example|file>\n${listing(cwd)}`, exitCode.usage)
  }
  const byName = /^[\w.-]+$/.test(target) && !target.startsWith('.') ? examplesFolders(cwd).map((folder) => join(folder, target)) : []
  for (const folder of byName) {
    const example = readFolder(folder)
    if (example !== undefined) return example
  }
  return readPath(target, resolve(cwd, target), cwd)
}

/** The examples that can be run by name from here, in name order. */
export function knownExamples(cwd: string): Example[] {
  const known = new Map<string, Example>()
  for (const folder of examplesFolders(cwd)) {
    for (const name of readdirSync(folder)) {
      const example = readFolder(join(folder, name))
      if (example !== undefined && !known.has(name)) known.set(name, example)
    }
  }
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function examplesFolders(cwd: string): string[] {
  const found: string[] = []
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const examples = join(folder, 'examples')
    if (existsSync(examples) && statSync(examples).isDirectory()) found.push(examples)
    if (dirname(folder) === folder) return found
  }
}

function readPath(target: string, path: string, cwd: string): Example {
  if (!existsSync(path)) throw new CommandError(`there is no example and no file '${target}'\n${listing(cwd)}`, exitCode.usage)
  if (statSync(path).isDirectory()) {
    const example = readFolder(path)
    if (example !== undefined) return example
    throw new CommandError(
      `${path} cannot be run: its package.json must say which file a node runs, "understudy": { "node": "./src/node.ts" }`,
      exitCode.usage,
    )
  }
  if (!/^\.[cm]?[jt]s$/.test(extname(path))) {
    throw new CommandError(`${path} is not a program that Node runs: give a .ts, .js or .mjs file, or a folder`, exitCode.usage)
  }
  return { name: basename(path, extname(path)), entry: path, description: '' }
}

/** `undefined` when the folder is no program of ours; an entry that is declared but missing is an error worth telling. */
function readFolder(folder: string): Example | undefined {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) return undefined
  let manifest: { description?: unknown; understudy?: { node?: unknown } }
  try {
    manifest = JSON.parse(readFileSync(file, 'utf8')) as typeof manifest
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`, exitCode.usage, { cause: error })
  }
  const node = manifest.understudy?.node
  if (typeof node !== 'string') return undefined
  const entry = resolve(folder, node)
  if (!existsSync(entry)) throw new CommandError(`${file} says that a node runs ${node}, but there is no file ${entry}`, exitCode.usage)
  return { name: basename(folder), entry, description: typeof manifest.description === 'string' ? manifest.description : '' }
}

function listing(cwd: string): string {
  const examples = knownExamples(cwd)
  if (examples.length === 0)
    return 'There are no examples here: call from inside a checkout of the repository, or give the path of a program.'
  return `Examples: ${examples.map(({ name }) => name).join(', ')}`
}
