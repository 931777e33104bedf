// Checks the packages as a user gets them: build, pack, publint, attw, and a program in an empty folder that installs the tarballs.
// `--only publint,attw,smoke` runs some of the checks.
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageFolders } from './packages-list.ts'
import { root, run } from './run.ts'

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const wanted = values.only?.split(',') ?? ['publint', 'attw', 'smoke']

const work = mkdtempSync(join(tmpdir(), 'understudy-packages-'))
const failures: string[] = []

const must = (what: string, result: { status: number; output: string }): void => {
  console.log(`  ${result.status === 0 ? 'ok  ' : 'FAIL'} ${what}`)
  if (result.status === 0) return
  failures.push(what)
  console.log(result.output.trimEnd())
}

/** pnpm as it was started, or fetched when this script is run by hand. */
const pnpm = (args: readonly string[], cwd: string) => {
  const path = process.env.npm_execpath
  if (path === undefined || !path.includes('pnpm')) return run('npx', ['-y', 'pnpm@12', ...args], { quiet: true, cwd })
  return /\.[cm]?js$/.test(path) ? run(process.execPath, [path, ...args], { quiet: true, cwd }) : run(path, args, { quiet: true, cwd })
}

const smoke = (tarballs: readonly string[]): void => {
  const folder = join(work, 'user')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  must(
    'npm install of the tarballs in an empty folder',
    run('npm', ['install', '--no-audit', '--no-fund', ...tarballs], { quiet: true, cwd: folder }),
  )
  if (failures.length > 0) return

  copyFileSync(join(root, 'test/installed/program.ts'), join(folder, 'program.ts'))
  const program = run('node', ['program.ts'], { quiet: true, cwd: folder })
  must('a program that imports @understudy/actors', program.output.includes('answer 42') ? program : { ...program, status: 1 })

  const { version } = JSON.parse(readFileSync(join(root, 'packages/actors/package.json'), 'utf8')) as { version: string }
  const command = run('npx', ['understudy', '--version'], { quiet: true, cwd: folder })
  must('npx understudy --version', command.output.includes(version) ? command : { ...command, status: 1 })

  // The published declarations must compile on their own; a TypeScript user of Node has Node's types.
  const types = JSON.parse(readFileSync(join(root, 'node_modules/@types/node/package.json'), 'utf8')) as { version: string }
  must("Node's types", run('npm', ['install', '--no-audit', '--no-fund', `@types/node@${types.version}`], { quiet: true, cwd: folder }))
  const lib = ['es2024', 'esnext.disposable']
  const compilerOptions = { target: 'es2024', lib, module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false, types: ['node'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  must('its types, checked with every declaration', run('tsc', ['-p', folder], { quiet: true, cwd: folder }))
}

try {
  const build = run(process.execPath, [join(root, 'scripts/build.ts')], { quiet: true })
  must('build', build)
  if (build.status === 0) {
    for (const folder of packageFolders()) must(`pack ${folder.slice(root.length + 1)}`, pnpm(['pack', '--pack-destination', work], folder))
    const tarballs = readdirSync(work)
      .filter((name) => name.endsWith('.tgz'))
      .map((name) => join(work, name))
    for (const tarball of tarballs) {
      const name = tarball.slice(work.length + 1)
      if (wanted.includes('publint')) must(`publint ${name}`, run('publint', ['--strict', tarball], { quiet: true }))
      if (wanted.includes('attw')) must(`attw ${name}`, run('attw', ['--profile', 'esm-only', '--no-emoji', tarball], { quiet: true }))
    }
    if (wanted.includes('smoke')) smoke(tarballs)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (failures.length > 0) {
  console.error(`packages: ${failures.length} failed: ${failures.join(', ')}`)
  process.exit(1)
}
