// Shows that every gate bites: in a copy of the working tree each violation below makes its gate fail, and taking it away makes the gate
// pass again. The copy lives in a temp folder, so the working tree is never touched.
//   pnpm verify:bite             all
//   pnpm verify:bite --only lint,deps
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './run.ts'

type Violation = {
  gate: string
  what: string
  /** Files to write, relative to the root; a function rewrites a file that exists. */
  files: Record<string, string | ((text: string) => string)>
  /** What the gate must say, so that it failed for this reason and no other. */
  says: RegExp
  command?: readonly string[]
}

const withJson = (change: (json: Record<string, any>) => void) => (text: string) => {
  const json = JSON.parse(text) as Record<string, any>
  change(json)
  return `${JSON.stringify(json, null, 2)}\n`
}
const inRuntime = (what: string, code: string, says: RegExp): Violation => ({
  gate: 'lint',
  what,
  files: { 'packages/runtime/src/violation.ts': code },
  says,
})
const fromEnv = (code: string, name: string): Violation =>
  inRuntime(name, `export const violation = () => ${code}\n`, /no-restricted-(globals|properties|imports)/)

const violations: Violation[] = [
  {
    gate: 'format',
    what: 'double quotes and semicolons',
    files: { 'scripts/violation.ts': 'export const a = "b";\n' },
    says: /violation\.ts/,
  },

  inRuntime('a floating promise', 'const f = async () => 1\nf()\n', /no-floating-promises/),
  inRuntime('a misused promise', 'const f = async () => true\nexport const g = () => (f() ? 1 : 2)\n', /no-misused-promises/),
  inRuntime('an async callback where none is awaited', '[1].forEach(async () => {})\n', /no-misused-promises/),
  inRuntime('a default export', 'export default 1\n', /no-default-export/),
  fromEnv('Date.now()', 'Date.now'),
  fromEnv('Math.random()', 'Math.random'),
  inRuntime('new Date()', 'export const violation = () => new Date()\n', /no-new-date-now/),
  fromEnv('setTimeout(() => {}, 1)', 'setTimeout'),
  fromEnv('setInterval(() => {}, 1)', 'setInterval'),
  fromEnv('setImmediate(() => {})', 'setImmediate'),
  fromEnv('queueMicrotask(() => {})', 'queueMicrotask'),
  fromEnv('globalThis.setTimeout(() => {}, 1)', 'globalThis.setTimeout'),
  fromEnv('performance.now()', 'performance'),
  fromEnv('process.hrtime.bigint()', 'process.hrtime'),
  fromEnv('crypto.randomUUID()', 'crypto.randomUUID'),
  inRuntime('node:crypto randomBytes', "export { randomBytes } from 'node:crypto'\n", /no-restricted-imports/),
  inRuntime('node:timers/promises', "export { setTimeout } from 'node:timers/promises'\n", /no-restricted-imports/),
  {
    gate: 'lint',
    what: 'a focused test',
    files: { 'test/violation.test.ts': "import { test } from 'vitest'\n\ntest.only('a', () => {})\n" },
    says: /no-focused-tests/,
  },

  {
    gate: 'types',
    what: 'a wrong type in a package',
    files: { 'packages/runtime/src/violation.ts': "export const a: number = 'b'\n" },
    says: /violation\.ts.*TS2322/,
  },
  {
    gate: 'types',
    what: 'a wrong type in a test',
    files: { 'test/violation.test.ts': "export const a: number = 'b'\n" },
    says: /violation\.test\.ts.*TS2322/,
  },
  {
    gate: 'types',
    what: 'syntax that cannot be erased',
    files: { 'packages/runtime/src/violation.ts': 'export enum A {\n  B,\n}\n' },
    says: /TS1294/,
  },

  {
    gate: 'deps',
    what: 'runtime reaches up to supervisor, by type only',
    files: { 'packages/runtime/src/violation.ts': "export type { A } from '../../supervisor/src/index.ts'\n" },
    says: /direction-runtime/,
  },
  {
    gate: 'deps',
    what: 'cli imports an example',
    files: {
      'packages/cli/src/violation.ts': "import '../../../examples/flight-operations/src/violation.ts'\n",
      'examples/flight-operations/src/violation.ts': 'export {}\n',
    },
    says: /direction-cli/,
  },
  {
    gate: 'deps',
    what: 'a transport enters runtime by the users’ door',
    files: { 'packages/transport-nats/src/violation.ts': "export type * from '@understudy/runtime'\n" },
    says: /transport-on-spi/,
  },
  {
    gate: 'deps',
    what: 'a cycle of type imports',
    files: {
      'packages/runtime/src/violation.ts': "import type { B } from './violation-b.ts'\nexport type A = B[]\n",
      'packages/runtime/src/violation-b.ts': "import type { A } from './violation.ts'\nexport type B = A[]\n",
    },
    says: /no-cycle.*violation/,
  },
  {
    gate: 'deps',
    what: 'a package imports its own door',
    files: { 'packages/supervisor/src/violation.ts': "import './index.ts'\n" },
    says: /no-own-door/,
  },
  {
    gate: 'deps',
    what: 'a package climbs into another past its doors',
    files: {
      'packages/supervisor/src/violation.ts': "import '../../runtime/src/violation.ts'\n",
      'packages/runtime/src/violation.ts': 'export {}\n',
    },
    says: /doors-only-between-packages/,
  },
  {
    gate: 'deps',
    what: 'a test climbs into a package past its doors',
    files: {
      'test/violation.test.ts': "import '../packages/runtime/src/violation.ts'\n",
      'packages/runtime/src/violation.ts': 'export {}\n',
    },
    says: /doors-only-from-outside/,
  },

  { gate: 'unused', what: 'a file nobody imports', files: { 'packages/runtime/src/violation.ts': 'export {}\n' }, says: /violation\.ts/ },
  {
    gate: 'unused',
    what: 'an export nobody imports',
    files: {
      'packages/runtime/src/violation.ts': 'export const used = 1\nexport const violationUnused = 2\n',
      'packages/runtime/src/violation.test.ts': "import { used } from './violation.ts'\n\nconsole.log(used)\n",
    },
    says: /violationUnused/,
  },
  {
    gate: 'unused',
    what: 'a dependency nobody imports',
    files: {
      'packages/runtime/package.json': withJson((json) => (json.dependencies = { ...json.dependencies, 'vega-datasets': 'catalog:' })),
    },
    says: /vega-datasets\s+packages\/runtime/,
  },

  {
    gate: 'tests',
    what: 'a unit test that fails',
    files: {
      'packages/runtime/src/violation.test.ts':
        "import { expect, test } from 'vitest'\n\ntest('a promise that is broken', () => expect(1).toBe(2))\n",
    },
    says: /a promise that is broken/,
    command: ['vitest', 'run', 'violation', '--passWithNoTests'],
  },
  {
    gate: 'tests',
    what: 'a cluster test that fails',
    files: {
      'test/cluster/violation.test.ts':
        "import { expect, test } from 'vitest'\n\ntest('a promise that is broken', () => expect(1).toBe(2))\n",
    },
    says: /a promise that is broken/,
    command: ['vitest', 'run', 'violation', '--passWithNoTests'],
  },

  {
    gate: 'packages',
    what: 'publint: an export that is not in the tarball',
    files: { 'packages/runtime/package.json': withJson((json) => (json.publishConfig.exports['.'].default = './dist/missing.js')) },
    says: /FAIL publint understudy-runtime/,
    command: ['node', 'scripts/packages.ts', '--only', 'publint'],
  },
  {
    gate: 'packages',
    what: 'attw: types that do not resolve',
    files: { 'packages/runtime/package.json': withJson((json) => (json.publishConfig.exports['./spi'].types = './dist/missing.d.ts')) },
    says: /FAIL attw understudy-runtime/,
    command: ['node', 'scripts/packages.ts', '--only', 'attw'],
  },
  {
    gate: 'packages',
    what: 'an installed package without its dependency',
    files: { 'packages/actors/package.json': withJson((json) => delete json.publishConfig.bin) },
    says: /FAIL npx understudy --version/,
    command: ['node', 'scripts/packages.ts', '--only', 'smoke'],
  },
]

const commandOf = (violation: Violation): readonly string[] => violation.command ?? ['node', 'scripts/verify.ts', '--only', violation.gate]

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const only = values.only?.split(',')
const chosen = violations.filter((violation) => only === undefined || only.includes(violation.gate))
const copy = mkdtempSync(join(tmpdir(), 'understudy-bite-'))
const started = Date.now()

/** Runs a tool in the copy, with the copy's own tools first on PATH. */
const inCopy = (command: readonly string[]) => {
  const [program, ...args] = command
  const env = {
    ...process.env,
    CI: 'true',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    PATH: [join(copy, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  }
  const result = spawnSync(program!, args, {
    cwd: copy,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
  return { status: result.status ?? 1, output: `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}` }
}
const must = (command: readonly string[]): void => {
  const { status, output } = inCopy(command)
  if (status !== 0) throw new Error(`${command.join(' ')} failed in the copy:\n${output}`)
}

/** Writes the violation's files and returns what puts everything back. */
const plant = (files: Violation['files']): (() => void) => {
  const undo: (() => void)[] = []
  for (const [name, content] of Object.entries(files)) {
    const path = join(copy, name)
    const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : content(before ?? ''))
    undo.push(() => (before === undefined ? rmSync(path) : writeFileSync(path, before)))
  }
  return () => undo.forEach((step) => step())
}

const problems: string[] = []
try {
  const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' }).stdout.split('\0')
  for (const file of files) if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file), { recursive: true })
  must(['git', 'init', '-q'])
  must(['npx', '-y', 'pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline'])

  const clean = new Map<string, { status: number; output: string }>()
  for (const violation of chosen) {
    const label = `${violation.gate.padEnd(9)} ${violation.what}`
    const restore = plant(violation.files)
    let bitten: ReturnType<typeof inCopy>
    try {
      bitten = inCopy(commandOf(violation))
    } finally {
      restore()
    }
    if (bitten.status === 0 || !violation.says.test(bitten.output)) {
      problems.push(label)
      console.log(`DOES NOT BITE  ${label}\n${bitten.output.trimEnd().slice(-2000)}`)
      continue
    }
    console.log(`bites          ${label}`)
    const key = commandOf(violation).join(' ')
    if (!clean.has(key)) clean.set(key, inCopy(commandOf(violation)))
    if (violation.says.test(clean.get(key)!.output)) problems.push(`${label}: still reported after it was taken away`)
  }
  for (const [command, result] of clean) {
    console.log(`${result.status === 0 ? 'clean again   ' : 'NOT CLEAN     '} ${command}`)
    if (result.status === 0) continue
    problems.push(`${command} is not clean without any violation`)
    console.log(result.output.trimEnd().slice(-2000))
  }
} finally {
  rmSync(copy, { recursive: true, force: true })
}

console.log(`${chosen.length} violations, ${((Date.now() - started) / 1000).toFixed(0)} s`)
if (problems.length > 0) {
  console.error(`${problems.length} problems:\n${problems.join('\n')}`)
  process.exit(1)
}
