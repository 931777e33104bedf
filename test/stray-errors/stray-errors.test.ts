// Stray errors in real processes: whether one ends the process, and how.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

interface Ended {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly log: string
}

const shop = new URL('./programs/shop.ts', import.meta.url)
const node = new URL('./programs/node.ts', import.meta.url)

function run(program: URL, ...args: string[]): Promise<Ended> {
  const file = fileURLToPath(program)
  const child = spawn(process.execPath, ['--conditions=understudy-source', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
  })
  let [out, log] = ['', '']
  child.stdout.on('data', (chunk) => (out += String(chunk)))
  child.stderr.on('data', (chunk) => (log += String(chunk)))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, lines: out.split('\n').filter(Boolean), log }))
  })
}

it('a process lives on when an actor leaves a rejection behind: the actor fails, and is restarted', async () => {
  const { code, lines, log } = await run(shop, 'claimed')
  expect(lines).toEqual(['the till is back in life 2', 'desk stopped', 'till stopped'])
  expect(log).toContain('/shop/till failed by a stray error: Error: left by the till')
  expect(code).toBe(0)
})

it('a rejection that belongs to nobody stops the actors in order, says so, and ends the process with its error', async () => {
  const { code, lines, log } = await run(shop, 'unclaimed')
  expect(lines).toEqual(['open in life 1', 'desk stopped', 'till stopped'])
  const said = log.indexOf('"event":"stray.unattributed","cause":"Error: left by nobody"')
  // After it, from Node itself: the error as nobody caught it, with its stack.
  expect(said).toBeGreaterThanOrEqual(0)
  expect(log.slice(said)).toMatch(/\nError: left by nobody\n {4}at /)
  expect(code).toBe(1)
})

it('a node whose process leaves a rejection behind leaves its cluster before it ends', async () => {
  const { code, lines } = await run(node)
  expect(lines).toEqual(['root stopped', 'left: a stray error that belongs to no actor'])
  expect(code).toBe(1)
})
