// Every quality gate, one after the other; all run even when one fails, and a summary closes.
//   pnpm verify                      all gates
//   pnpm verify --skip tests,packages
//   pnpm verify --only lint,types
import { parseArgs } from 'node:util'
import { run } from './run.ts'

const gates: Record<string, readonly [string, ...string[]]> = {
  format: ['prettier', '--check', '--log-level=warn', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  types: ['tsc', '-b', '--force'],
  deps: ['depcruise', '--config', '.dependency-cruiser.mjs', 'packages', 'examples', 'test', 'bench'],
  unused: ['knip', '--no-config-hints'],
  tests: ['vitest', 'run'],
  packages: ['node', 'scripts/packages.ts'],
}

const { values } = parseArgs({ options: { skip: { type: 'string' }, only: { type: 'string' } } })
const named = (list: string | undefined): string[] | undefined => {
  const names = list?.split(',')
  for (const name of names ?? []) {
    if (gates[name] === undefined) {
      console.error(`verify: there is no gate '${name}'; gates are ${Object.keys(gates).join(', ')}`)
      process.exit(2)
    }
  }
  return names
}
const skipped = named(values.skip) ?? []
const chosen = (named(values.only) ?? Object.keys(gates)).filter((name) => !skipped.includes(name))

const lines: string[] = []
let failed = 0
for (const name of chosen) {
  console.log(`\n── ${name} ──`)
  const [command, ...args] = gates[name]!
  const started = Date.now()
  const { status } = run(command, args)
  if (status !== 0) failed += 1
  lines.push(`${status === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(10)} ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

console.log(`\n── verify ──\n${lines.join('\n')}`)
if (failed > 0) {
  console.error(`${failed} of ${chosen.length} gates failed`)
  process.exit(1)
}
