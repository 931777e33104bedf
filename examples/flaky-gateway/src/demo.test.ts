import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('./demo.ts', import.meta.url))

function demo(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' }
    execFile(process.execPath, ['--conditions=understudy-source', program, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

test('in virtual time it tells the whole story in plain lines, and the books balance', async () => {
  const { code, stdout, stderr } = await demo('--fast', '--seed', '3')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  for (const part of [
    'the bank gets slow',
    'acquirer  open, calls are refused',
    'acquirer  half open, on trial',
    'acquirer  closed',
    'is poison: put aside',
    'forwarder gated: waits for the acquirer',
    'desk      backing off',
    'receipts  quarantined',
    'an operator takes it back, releases the receipts',
    '✓ the books balance',
  ]) {
    expect(stdout).toContain(part)
  }
  // oxlint-disable-next-line no-control-regex -- colours are control characters
  expect(stdout).not.toMatch(/\u001b/)
  expect(stdout).toMatch(/payments [\d ]+ · accepted [\d ]+, of these [\d ]+ without the bank/)
})

test('in real time, sped up, the books balance, too', async () => {
  const { code, stdout, stderr } = await demo('--speed', '20')
  expect(stderr).toBe('')
  expect(stdout).toContain('✓ the books balance')
  expect(code).toBe(0)
})

test('a wrong option is said in two lines, what is wrong and what to type, with exit code 2', async () => {
  expect(await demo('--seed', 'many')).toEqual({
    code: 2,
    stdout: '',
    stderr: "--seed is 'many'; it must be a whole number from 0 to 9007199254740991\ntry: pnpm gateway --seed 1\n",
  })
  expect(await demo('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--fast') })
})
