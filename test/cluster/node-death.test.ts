// A node is killed: whoever waits for it is told, soon.

import { NodeUnreachableError, type NatsServerOptions, type NodeProcess } from '@understudy/actors'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { echoOf, is, type Observer, ofNode, refusal, Stage } from './stage.ts'

// A server as most are run: nobody but its operator hears of connections that end.
const withoutEvents = `accounts {
  SYS { users: [ { user: "sys", password: "sys" } ] }
  APP { jetstream: enabled, users: [ { user: "app", password: "app" } ] }
}`

const servers: readonly (readonly [string, NatsServerOptions, number])[] = [
  ['a server that tells of closed connections', {}, 1000],
  ['a server that does not tell of closed connections', { extraConfig: withoutEvents }, 2000],
]

describe.each(servers)('with %s', (_name, options, barMs) => {
  let stage: Stage
  let a: NodeProcess
  let b: NodeProcess
  let observer: Observer

  beforeAll(async () => {
    stage = await Stage.open(options)
    ;[a, b] = (await stage.launch(['a', 'b'])) as [NodeProcess, NodeProcess]
    observer = await stage.observe('a', 'b')
  })
  afterAll(() => stage?.close())

  it(`an ask in flight to a killed node fails within ${barMs} ms, and its watchers are told of its end`, async () => {
    observer.ref('a', '/app/watcher').tell({ type: 'watch', node: 'b', path: '/app/echo' })
    await echoOf(observer, 'a').ask({ type: 'echo', text: 'watching' })
    const inFlight = refusal(observer.ref('b', '/app/silent').ask({ type: 'hold' }, { timeoutMs: 20_000 }))
    await b.waitFor(is('test.held'), 5000)
    const ended = a.waitFor(is('test.terminated', ofPath('/app/echo')), 5000)

    const killedAt = performance.now()
    await b.kill()
    const { error } = await inFlight
    const tookMs = performance.now() - killedAt
    console.info(`an ask in flight failed ${Math.round(tookMs)} ms after the kill`)
    expect(error).toBeInstanceOf(NodeUnreachableError)
    expect(error).toMatchObject({ outcome: 'maybe-handled', reason: 'node-down' })
    expect(tookMs).toBeLessThan(barMs)
    expect((await ended).record).toMatchObject({ reason: 'node-down', node: 'b' })
    expect(performance.now() - killedAt).toBeLessThan(barMs + 200)
    await a.waitFor(is('node.down', ofNode('b')), 2000)
  })

  it('an ask to a node that is known to be down fails at once', async () => {
    const { error, tookMs } = await refusal(echoOf(observer, 'b').ask({ type: 'echo', text: 'anybody there?' }))
    expect(error).toBeInstanceOf(NodeUnreachableError)
    expect(error).toMatchObject({ outcome: 'never-handled' })
    expect(tookMs).toBeLessThan(100)
  })

  it(`an ask that meets the death of its node fails within ${barMs} ms, and the others still answer`, async () => {
    const [c] = (await stage.launch(['c'])) as [NodeProcess]
    await expect.poll(() => observer.members().length, { timeout: 5000 }).toBe(3)
    const killed = c.kill()
    const { error, tookMs } = await refusal(echoOf(observer, 'c').ask({ type: 'echo', text: 'are you there?' }))
    await killed
    expect(error).toBeInstanceOf(NodeUnreachableError)
    expect(tookMs).toBeLessThan(barMs)
    expect(await echoOf(observer, 'a').ask({ type: 'echo', text: 'and you?' })).toBe('and you?')
  })
})

function ofPath(path: string): (record: Readonly<Record<string, unknown>>) => boolean {
  return (record) => record['path'] === path
}
