import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { defaultFlightsFile } from './data/flights.ts'

const program = fileURLToPath(new URL('./demo.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'flights-demo-'))
afterAll(() => rmSync(folder, { recursive: true }))

function demo(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--conditions=understudy-source', program, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('a data file that is missing or malformed is one clear line and exit code 2, and nothing is started', async () => {
  const missing = await demo('--json', '--data', join(folder, 'none.json'))
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toMatch(/^cannot read the flights in .*none\.json: there is no such file\n$/)
  const file = join(folder, 'malformed.json')
  writeFileSync(file, '[{"date":')
  expect(await demo('--data', file)).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^.*malformed\.json is not JSON: .*\n$/),
  })
})

test('a wrong option is one clear line and exit code 2', async () => {
  expect(await demo('--nodes', 'many')).toMatchObject({ code: 2, stderr: "--nodes is 'many'; it must be a whole number from 1 to 9\n" })
  expect(await demo('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--no-faults') })
})

test('with odd rows among the flights, the leader killed and a node frozen, every flight is counted or rejected exactly once', async () => {
  const odd = [null, {}, { date: '2001/01/01 10:00', delay: 5, distance: 100, origin: 'XXX', destination: 'ATL' }]
  const real = JSON.parse(readFileSync(defaultFlightsFile, 'utf8')) as unknown[]
  const file = join(folder, 'odd.json')
  writeFileSync(file, JSON.stringify([...real.slice(0, 1_000), ...odd, ...real.slice(1_000, 3_000)]))

  const { code, stdout, stderr } = await demo('--json', '--data', file, '--rate', '1000', '--seed', '7')
  expect(stderr).toContain('rejected: flight 1002, unknown airport XXX')
  expect(JSON.parse(stdout)).toEqual({
    flights: 3_003,
    counted: 3_000,
    rejected: 3,
    lost: 0,
    doubleCounted: 0,
    totalsMatch: true,
    killedNode: expect.stringMatching(/^n[123]$/),
    takeoverMs: expect.any(Number),
    oldEpoch: expect.any(Number),
    newEpoch: expect.any(Number),
    redelivered: expect.any(Number),
    duplicatesSuppressed: expect.any(Number),
    workerRestarts: expect.any(Number),
    wallMs: expect.any(Number),
    nats: expect.stringMatching(/^2\.\d+\.\d+$/),
  })
  const { oldEpoch, newEpoch } = JSON.parse(stdout) as { oldEpoch: number; newEpoch: number }
  expect(newEpoch).toBeGreaterThan(oldEpoch)
  expect(code).toBe(0)
})
