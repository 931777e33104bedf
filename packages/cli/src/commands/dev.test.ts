import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const source = (file: string): string => JSON.stringify(join(import.meta.dirname, '..', file))

/** A program that says what it was given, then waits; by its first argument it misbehaves. */
const tiny = `
import { exitWithParent } from ${source('exit-with-parent.ts')}
exitWithParent()
const { UNDERSTUDY_NODE: name, UNDERSTUDY_CLUSTER: cluster, UNDERSTUDY_NATS: nats, UNDERSTUDY_LOG: log, UNDERSTUDY_LOG_LEVEL: level } = process.env
const say = (fields: object) => console.log(JSON.stringify({ level: 30, time: Date.now(), pid: process.pid, ...fields }))
const [mode] = process.argv.slice(2)
if (mode === 'fails') { console.error('no luck'); process.exit(7) }
if (mode === 'done') { say({ msg: 'done' }); process.exit(0) }
process.on('SIGINT', () => say({ msg: 'SIGINT reached the node' }))
process.on('SIGTERM', () => { if (mode !== 'stubborn') { say({ msg: 'drained' }); process.exit(0) } })
setInterval(() => mode === 'chatty' && say({ msg: 'still here' }), 10)
say({ level: 20, msg: 'a detail' })
say({ event: 'node.up', node: { name, incarnation: 1 } })
say({ msg: 'ready', cluster, nats, log, logLevel: level, conditions: process.execArgv })
`

let checkout: string
const running: Command[] = []

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'understudy-cli-'))
  mkdirSync(join(checkout, 'examples/tiny/src'), { recursive: true })
  mkdirSync(join(checkout, 'examples/tiny/deep/er'), { recursive: true })
  mkdirSync(join(checkout, 'examples/broken'))
  writeFileSync(
    join(checkout, 'examples/tiny/package.json'),
    JSON.stringify({ type: 'module', description: 'It waits.', understudy: { node: './src/node.ts' } }),
  )
  writeFileSync(join(checkout, 'examples/tiny/src/node.ts'), tiny)
  writeFileSync(join(checkout, 'examples/broken/package.json'), JSON.stringify({ name: 'no program' }))
  writeFileSync(join(checkout, 'bin.ts'), `import { run } from ${source('main.ts')}\nprocess.exitCode = await run(process.argv)\n`)
})
afterEach(async () => {
  for (const command of running.splice(0)) {
    command.child.kill('SIGKILL')
    await command.ended
  }
})
afterAll(() => rmSync(checkout, { recursive: true, force: true }))

interface Command {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  stdout: string
  stderr: string
}

function understudy(args: string[], cwd = checkout): Command {
  const child = spawn(process.execPath, ['--conditions=understudy-source', join(checkout, 'bin.ts'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
  })
  const command: Command = { child, stdout: '', stderr: '', ended: new Promise((resolve) => child.once('close', resolve)) }
  child.stdout.on('data', (chunk) => (command.stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (command.stderr += String(chunk)))
  running.push(command)
  return command
}

async function finished(args: string[], cwd?: string): Promise<Command & { code: number | null }> {
  const command = understudy(args, cwd)
  return Object.assign(command, { code: await command.ended })
}

const until = (command: Command, text: string): Promise<void> =>
  expect.poll(() => command.stdout + command.stderr, { timeout: 20_000, interval: 20 }).toContain(text)
const pidsOf = (command: Command): number[] => [...command.stdout.matchAll(/started +pid (\d+)/g)].map(([, pid]) => Number(pid))
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return process.platform === 'linux' && /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
const untilGone = (pid: number): Promise<void> => expect.poll(() => isGone(pid), { timeout: 15_000, interval: 20 }).toBe(true)

describe('understudy dev', () => {
  test('runs an example by name in one process without NATS, one readable line per record, and Ctrl-C drains it', async () => {
    const command = understudy(['dev', 'tiny', '--nats', 'memory'], join(checkout, 'examples/tiny/deep/er'))
    await until(command, 'ready')
    expect(command.stderr).toContain('tiny · 1 node · in memory, no NATS')
    expect(command.stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z {2}n1 {2}● up +n1 +incarnation 1$/m)
    expect(command.stdout).toContain('  ready  nats=memory log=json logLevel=info conditions=["--conditions=understudy-source"]')
    expect(command.stdout).not.toContain('a detail')
    command.child.kill('SIGINT')
    expect(await command.ended).toBe(0)
    expect(command.stderr).toMatch(/draining 1 node, up to 10 s[^]*stopped\n$/)
    expect(command.stdout).toMatch(/drained[^]*○ exited +code 0/)
    expect(pidsOf(command).map(isGone)).toEqual([true])
  })

  test('runs as many processes as asked, against a server that is there already', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
    const command = understudy(['dev', 'examples/tiny/src/node.ts', '--nodes', '3', '--nats', url, '--cluster', 'mine', '--json'])
    await expect.poll(() => command.stdout.split('"msg":"ready"').length - 1, { timeout: 20_000 }).toBe(3)
    command.child.kill('SIGTERM')
    expect(await command.ended).toBe(0)
    server.close()
    const records = command.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const ready = records.filter(({ msg }) => msg === 'ready')
    expect(new Set(ready.map(({ node }) => node))).toEqual(new Set(['n1', 'n2', 'n3']))
    expect(ready[0]).toMatchObject({ cluster: 'mine', nats: url })
    expect(records).toContainEqual(expect.objectContaining({ event: 'node.up', node: 'n2', about: { name: 'n2', incarnation: 1 } }))
    expect(records.filter(({ event }) => event === 'process.exited')).toHaveLength(3)
  })

  test('Ctrl-C of a terminal reaches the command alone, not the nodes', async () => {
    // A terminal signals the whole process group.
    const child = spawn(process.execPath, ['--conditions=understudy-source', join(checkout, 'bin.ts'), 'dev', 'tiny', '--nats', 'memory'], {
      cwd: checkout,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    const ended = new Promise((resolve) => child.once('close', resolve))
    await expect.poll(() => stdout, { timeout: 20_000 }).toContain('ready')
    process.kill(-child.pid!, 'SIGINT')
    expect(await ended).toBe(0)
    expect(stdout).toContain('drained')
    expect(stdout).not.toContain('SIGINT reached the node')
  })

  test('a second Ctrl-C kills at once', async () => {
    const command = understudy(['dev', 'tiny', '--nats', 'memory', '--', 'stubborn'])
    await until(command, 'ready')
    command.child.kill('SIGINT')
    await until(command, 'draining')
    command.child.kill('SIGINT')
    expect(await command.ended).toBe(130)
    for (const pid of pidsOf(command)) await untilGone(pid)
  })

  test('kill -9 of the command leaves no node behind', async () => {
    const command = understudy(['dev', 'tiny', '--nats', 'memory'])
    await until(command, 'ready')
    const pids = pidsOf(command)
    expect(pids.map(isGone)).toEqual([false])
    command.child.kill('SIGKILL')
    for (const pid of pids) await untilGone(pid)
  })

  test('a reader that goes away ends it in order', async () => {
    const command = understudy(['dev', 'tiny', '--nats', 'memory', '--', 'chatty'])
    await until(command, 'still here')
    command.child.stdout?.destroy()
    expect(await command.ended).toBe(0)
    for (const pid of pidsOf(command)) expect(isGone(pid)).toBe(true)
  })

  test('nodes that end by themselves end it, with 0 when all went well and 1 otherwise', async () => {
    expect((await finished(['dev', 'tiny', '--nats', 'memory', '--', 'done'])).code).toBe(0)
    const failed = await finished(['dev', 'tiny', '--nats', 'memory', '--nodes', '3', '--', 'fails'])
    expect(failed.code).toBe(1)
    expect(failed.stdout).toMatch(/n1 {2}\| no luck\n.*n1 {2}✗ exited +code 7/)
    expect(failed.stderr).toContain('without NATS there is one process: n1, not 3 nodes')
  })

  test('--log-level decides what is shown and is handed to the node', async () => {
    const command = understudy(['dev', 'tiny', '--nats', 'memory', '--log-level', 'debug'])
    await until(command, 'logLevel=debug')
    expect(command.stdout).toContain('a detail')
  })

  test('a server that does not answer is exit code 3, before any node starts', async () => {
    const command = await finished(['dev', 'tiny', '--nats', 'nats://me:secret@127.0.0.1:1'])
    expect(command.code).toBe(3)
    expect(command.stderr).toContain('no NATS server answers\n  nats://127.0.0.1:1: ECONNREFUSED')
    expect(command.stdout).toBe('')
  })
})

describe('usage errors end with 2 and say what to do', () => {
  const table: [string, string[], string][] = [
    ['an unknown command', ['dve'], 'Did you mean dev?'],
    ['no node', ['dev', 'tiny', '--nodes', '0'], 'must be a whole number from 1 to 32'],
    ['too many nodes', ['dev', 'tiny', '--nodes', '33'], 'must be a whole number from 1 to 32'],
    ['half a node', ['dev', 'tiny', '--nodes', '1.5'], 'must be a whole number from 1 to 32'],
    ['nodes in words', ['dev', 'tiny', '--nodes', 'three'], 'must be a whole number from 1 to 32'],
    ['an unknown example', ['dev', 'tin'], "there is no example and no file 'tin'\nExamples: tiny"],
    ['no example', ['dev'], 'understudy dev <example|file>\nExamples: tiny'],
    ['a folder that is no program', ['dev', 'examples/broken'], '"understudy": { "node": "./src/node.ts" }'],
    ['a file that Node does not run', ['dev', 'examples/tiny/package.json'], 'is not a program'],
    ['a strange address', ['dev', 'tiny', '--nats', 'http://127.0.0.1'], "must be 'auto', 'memory' or an address"],
    ['an unknown level', ['dev', 'tiny', '--log-level', 'loud'], 'Allowed choices are debug, info, warn, error'],
    ['an unknown option', ['dev', 'tiny', '--node', '3'], 'Did you mean --nodes?'],
  ]
  test.each(table)('%s', async (_, args, text) => {
    const command = await finished(args)
    expect(command.stderr).toContain(text)
    expect(command.code).toBe(2)
    expect(command.stdout).toBe('')
  })
})

describe('understudy examples', () => {
  test('lists what can be run by name, for people and for machines', async () => {
    expect((await finished(['examples'])).stdout).toBe('tiny  It waits.\n')
    const [tinyExample] = JSON.parse((await finished(['examples', '-o', 'json'])).stdout) as { name: string }[]
    expect(tinyExample).toMatchObject({ name: 'tiny', description: 'It waits.' })
  })

  test('outside a checkout says so and ends with 1', async () => {
    const command = await finished(['examples'], tmpdir())
    expect(command.code).toBe(1)
    expect(command.stderr).toContain('from inside a checkout')
  })
})
