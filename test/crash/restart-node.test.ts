// A recovery that wants a new process, in a real one.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

function run(...args: string[]): Promise<{ readonly code: number | null; readonly out: string; readonly log: string }> {
  const program = fileURLToPath(new URL('./restarting-node.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=understudy-source', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
  })
  let [out, log] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (log += String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, log }))
  })
}

it('restartNode: the node leaves in order, and its process ends with code 75', async () => {
  const { code, out, log } = await run()
  expect(log).toContain('"event":"node.restarting","path":"/app/leaky"')
  expect(out).toBe('ledger stopped\n')
  expect(code).toBe(75)
})

it('restartNode: a function is asked instead', async () => {
  const { code, out } = await run('function')
  expect(out).toBe('the recovery of /app/leaky wants a new process\n')
  expect(code).toBe(7)
})
