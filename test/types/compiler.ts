// The compiler itself, asked about programs of our own: what it shows, what it refuses, how long it takes.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { API, type Project } from 'typescript/unstable/sync'

/** A program of one file, as the compiler sees it. */
export interface Checked {
  /** The type of what is declared by `const` under a name, as it is printed. */
  readonly shown: (name: string) => string
  /** What is wrong with it. */
  readonly errors: readonly string[]
  /** How long it took to find that out, beyond reading it, in milliseconds. */
  readonly checkMs: number
}

const here = fileURLToPath(new URL('.', import.meta.url))
const config = {
  extends: '../../../tsconfig.base.json',
  compilerOptions: { rewriteRelativeImportExtensions: false, noUnusedLocals: false, noEmit: true },
  include: ['program.ts'],
}
let made = 0

/** Checks a program with a fresh compiler, and what `look` wants to know of it. */
export function check<T>(source: string, look: (program: Checked) => T): T {
  const folder = `${here}.checked-${process.pid}-${made++}`
  const file = `${folder}/program.ts`
  mkdirSync(folder)
  writeFileSync(file, source)
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
  const compiler = new API({ cwd: folder })
  try {
    const project = compiler.updateSnapshot({ openProjects: [`${folder}/tsconfig.json`] }).getProjects()[0]
    if (project === undefined) throw new Error('the compiler did not open the project')
    const began = performance.now()
    const errors = errorsOf(project, file)
    return look({ errors, checkMs: performance.now() - began, shown: (name) => shown(project, file, source, name) })
  } finally {
    compiler.close()
    rmSync(folder, { recursive: true })
  }
}

function errorsOf({ program }: Project, file: string): string[] {
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ text }) => text)
}

function shown({ checker }: Project, file: string, source: string, name: string): string {
  const at = source.search(new RegExp(`(?<=\\bconst )${name}\\b`))
  const type = at < 0 ? undefined : checker.getTypeAtPosition(file, at)
  if (type === undefined) throw new Error(`there is no ${name}`)
  return checker.typeToString(type)
}
