import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { NodeProcess } from './launcher.ts'
import { launchNode } from './launcher.ts'

const source = (file: string): string => JSON.stringify(join(import.meta.dirname, file))
const log = `const log = (fields) => console.log(JSON.stringify({ level: 30, time: Date.now(), ...fields }))`

let folder: string
const started: NodeProcess[] = []
const pids: number[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-launcher-'))
})
afterEach(async () => {
  await Promise.all(started.splice(0).map((node) => node.kill()))
  for (const pid of pids.splice(0)) if (!isGone(pid)) process.kill(pid, 'SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A process that nobody has reaped yet is gone as well. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform === 'linux' && /^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}

async function untilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!isGone(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} still lives`)
    await delay(20)
  }
}

function program(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function launch(name: string, text: string, options: { env?: Record<string, string>; args?: string[] } = {}): NodeProcess {
  const node = launchNode({ name: 'n1', entry: program(name, text), ...options })
  started.push(node)
  return node
}

const patient = `
import { exitWithParent } from ${source('exit-with-parent.ts')}
exitWithParent()
${log}
process.on('SIGTERM', () => { log({ msg: 'bye' }); process.exit(0) })
setInterval(() => {}, 1000)
log({ msg: 'ready', node: process.env.UNDERSTUDY_NODE, logAs: process.env.UNDERSTUDY_LOG, extra: process.env.EXTRA, args: process.argv.slice(2) })
`

describe('launchNode', () => {
  test('a TypeScript program runs with its name, environment and arguments, and its lines arrive parsed', async () => {
    const node = launch('env.ts', patient, { env: { EXTRA: 'yes' }, args: ['--seed', '7'] })
    const line = await node.waitFor(({ record }) => record?.['msg'] === 'ready', 20_000)
    expect(line).toMatchObject({ node: 'n1', stream: 'stdout', record: { node: 'n1', logAs: 'json', extra: 'yes', args: ['--seed', '7'] } })
    expect(node.isRunning).toBe(true)
  })

  test('lines that are not JSON objects arrive raw, those of stderr too, and the last one without an end', async () => {
    const node = launch('raw.mjs', `console.log('plain { text'); process.stderr.write('{"broken'); process.stdout.write('last')`)
    const lines: string[] = []
    node.lines(({ stream, raw, record }) => lines.push(`${stream} ${raw} ${record === undefined}`))
    expect(await node.exited).toEqual({ code: 0, signal: null })
    expect(lines.sort()).toEqual(['stderr {"broken true', 'stdout last true', 'stdout plain { text true'])
  })

  test('drain lets the program end by itself and gives its exit code', async () => {
    const node = launch('drain.ts', patient)
    await node.waitFor(({ record }) => record?.['msg'] === 'ready', 20_000)
    expect(await node.drain()).toBe(0)
    await expect(node.waitFor(({ record }) => record?.['msg'] === 'bye', 100)).resolves.toBeDefined()
    expect(isGone(node.pid)).toBe(true)
  })

  test('drain kills a program that does not end in time', async () => {
    const node = launch('stubborn.mjs', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready')`)
    await node.waitFor(({ raw }) => raw === 'ready', 20_000)
    expect(await node.drain(50)).toBe(137)
  })

  test('a paused program is drained too', async () => {
    const node = launch('paused.ts', patient)
    await node.waitFor(({ record }) => record?.['msg'] === 'ready', 20_000)
    node.pause()
    expect(await node.drain()).toBe(0)
  })

  test('a paused program says nothing until it is resumed', async () => {
    const node = launch('ticking.mjs', `let n = 0; setInterval(() => console.log('tick ' + n++), 5)`)
    await node.waitFor(({ raw }) => raw === 'tick 1', 20_000)
    node.pause()
    const state = (): string => /\) (\w)/.exec(readFileSync(`/proc/${node.pid}/stat`, 'utf8'))?.[1] ?? ''
    if (process.platform === 'linux') await expect.poll(state).toBe('T')
    node.resume()
    await expect(node.waitFor(({ raw }) => raw.startsWith('tick'), 20_000, { from: 'now' })).resolves.toBeDefined()
  })

  test('kill ends it with SIGKILL', async () => {
    const node = launch('kill.ts', patient)
    await node.waitFor(({ record }) => record?.['msg'] === 'ready', 20_000)
    expect(await node.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(node.isRunning).toBe(false)
  })

  test('waitFor rejects at once when the program ends, and quotes what it said', async () => {
    const node = launch('ends.mjs', `console.log('out of luck'); process.exitCode = 4`)
    await expect(node.waitFor(({ raw }) => raw === 'never', 20_000)).rejects.toThrow(/ended with code 4.*\n {2}out of luck/s)
  })

  test('waitFor rejects when the time is over', async () => {
    const node = launch('silent.ts', patient)
    await expect(node.waitFor(({ raw }) => raw === 'never', 10)).rejects.toThrow('within 10 ms')
  })

  test('an entry that does not exist is refused with its path', () => {
    expect(() => launchNode({ name: 'n1', entry: join(folder, 'no.ts') })).toThrow(`there is no file ${join(folder, 'no.ts')}`)
  })
})

describe('no orphans', () => {
  const parent = `
import { launchNode } from ${source('launcher.ts')}
const node = launchNode({ name: 'n1', entry: process.argv[2] })
const { record } = await node.waitFor(({ record }) => record?.msg === 'ready', 20000)
if (process.argv[3] === 'stop') node.pause()
console.log(node.pid)
`
  const launchParent = async (env: Record<string, string>, child: string, ...args: string[]) => {
    const options = ['--conditions=understudy-source', program('parent.ts', parent), program('child.ts', child), ...args]
    const owner = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    pids.push(owner.pid!)
    const pid = Number(await new Promise((resolve) => owner.stdout.once('data', resolve)))
    pids.push(pid)
    expect(isGone(pid)).toBe(false)
    return { owner, pid }
  }
  const withoutSetpriv = { PATH: '/nowhere' }

  test('a node ends when its launcher is killed with SIGKILL', async () => {
    const { owner, pid } = await launchParent({}, patient)
    owner.kill('SIGKILL')
    await untilGone(pid)
  })

  test('a node ends with its launcher by the closing pipe alone', async () => {
    const { owner, pid } = await launchParent(withoutSetpriv, patient)
    owner.kill('SIGKILL')
    await untilGone(pid)
  })

  test('a stopped node ends when it is continued after its launcher was killed', async () => {
    const { owner, pid } = await launchParent(withoutSetpriv, patient, 'stop')
    owner.kill('SIGKILL')
    await untilGone(owner.pid!)
    process.kill(pid, 'SIGCONT')
    await untilGone(pid)
  })

  test.runIf(process.platform === 'linux')('a stopped node ends with its launcher on Linux', async () => {
    const { owner, pid } = await launchParent({}, patient, 'stop')
    owner.kill('SIGKILL')
    await untilGone(pid)
  })

  test.runIf(process.platform === 'linux')('a node whose loop never turns ends with its launcher on Linux', async () => {
    const { owner, pid } = await launchParent({}, `${patient}\nsetImmediate(() => { for (;;); })`)
    owner.kill('SIGKILL')
    await untilGone(pid)
  })

  test('exitWithParent does not keep a program alive', async () => {
    const node = launch(
      'short.ts',
      `import { exitWithParent } from ${source('exit-with-parent.ts')}\nexitWithParent()\nconsole.log('done')`,
    )
    expect(await node.exited).toEqual({ code: 0, signal: null })
  })

  test('exitWithParent leaves a program alone that was started by hand', async () => {
    const file = program(
      'by-hand.ts',
      `import { exitWithParent } from ${source('exit-with-parent.ts')}\nexitWithParent()\nsetTimeout(() => process.exit(5), 200)`,
    )
    const child = spawn(process.execPath, [file], { stdio: ['ignore', 'ignore', 'inherit'] })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(5)
  })
})
