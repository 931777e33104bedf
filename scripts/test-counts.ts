// Prints `N passed, N failed` from vitest's JSON report. A file that failed without running a test counts as one failure.
import { existsSync, readFileSync } from 'node:fs'

type Report = { testResults: { status: string; assertionResults: { status: string }[] }[] }

const path = process.argv[2] ?? ''
const report: Report | undefined = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined

let passed = 0
let failed = report === undefined ? 1 : 0
for (const file of report?.testResults ?? []) {
  const failures = file.assertionResults.filter((test) => test.status === 'failed').length
  passed += file.assertionResults.filter((test) => test.status === 'passed').length
  failed += failures === 0 && file.status === 'failed' ? 1 : failures
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
