import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addToCache, listCachedServers, serverCacheFolder } from './cache-folder.ts'
import { NatsServerNotFoundError } from './errors.ts'
import type { ProbedCandidate } from './find.ts'
import { chooseServer, findNatsServer } from './find.ts'
import { listedSum } from './github-release.ts'

const named = { source: 'NATS_SERVER', path: '/named' } as const
const onPath = { source: 'PATH', path: '/bin/nats-server' } as const
const cached = { source: 'cache', path: '/cache/nats-server' } as const
const good = { version: '2.15.1' }
const old = { version: '2.9.10' }
const broken = { problem: 'no such program' }

describe('the choice of a server', () => {
  it.each<[string, ProbedCandidate[], string]>([
    ['NATS_SERVER is used when it is good', [{ ...named, ...good }], 'use /named'],
    ['NATS_SERVER is refused when it is too old', [{ ...named, ...old }], 'refuse'],
    ['NATS_SERVER is refused when it does not run', [{ ...named, ...broken }], 'refuse'],
    [
      'PATH wins over the cache',
      [
        { ...onPath, ...good },
        { ...cached, ...good },
      ],
      'use /bin/nats-server',
    ],
    [
      'an old server on PATH is passed over',
      [
        { ...onPath, ...old },
        { ...cached, ...good },
      ],
      'use /cache/nats-server',
    ],
    [
      'a broken cached server is passed over',
      [
        { ...cached, ...broken },
        { ...cached, path: '/cache/2', ...good },
      ],
      'use /cache/2',
    ],
    [
      'nothing usable is fetched',
      [
        { ...onPath, ...old },
        { ...cached, ...broken },
      ],
      'fetch',
    ],
    ['nothing at all is fetched', [], 'fetch'],
  ])('%s', (_, candidates, expected) => {
    const decision = chooseServer(candidates)
    expect(decision.type === 'use' ? `use ${decision.binary.path}` : decision.type).toBe(expected)
  })

  it('says of every place why it gave no server', () => {
    expect(chooseServer([{ ...onPath, ...old }])).toEqual({
      type: 'fetch',
      attempts: [
        { where: 'PATH /bin/nats-server', problem: 'is version 2.9.10, needs 2.12.0 or newer' },
        { where: 'cache', problem: 'empty' },
      ],
    })
  })

  it('a bad NATS_SERVER is an error that names it and what to do, whatever else is there', async () => {
    const failure: unknown = await findNatsServer({ env: { NATS_SERVER: '/nowhere/nats-server' } }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(NatsServerNotFoundError)
    expect(failure).toMatchObject({
      code: 'NATS_SERVER_NOT_FOUND',
      attempts: [{ where: 'NATS_SERVER /nowhere/nats-server', problem: 'no such program' }],
    })
    expect(String(failure)).toContain('NATS_SERVER=/path/to/nats-server')
  })
})

describe('the cache', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-test-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it.each([
    [{ UNDERSTUDY_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, '/c/nats-server'],
    [{ XDG_CACHE_HOME: '/x', HOME: '/h' }, '/x/understudy/nats-server'],
    [{ HOME: '/h' }, '/h/.cache/understudy/nats-server'],
  ])('with %j it is at %s', (env, expected) => {
    expect(serverCacheFolder(env)).toBe(expected)
  })

  it('offers the newest server first and none that is too old', async () => {
    const binary = join(folder, 'binary')
    await writeFile(binary, '#!/bin/sh\n')
    for (const version of ['2.9.10', '2.12.3', '2.15.1']) await addToCache(folder, version, binary)
    expect(await listCachedServers(folder)).toEqual([join(folder, '2.15.1/nats-server'), join(folder, '2.12.3/nats-server')])
  })

  it('a server in the cache is found without fetching, by concurrent callers too', async () => {
    const binary = join(folder, 'binary')
    await writeFile(binary, '#!/bin/sh\necho "nats-server: v2.99.0"\n')
    const path = await addToCache(join(folder, 'nats-server'), '2.99.0', binary)
    const fetched: string[] = []
    const env = { UNDERSTUDY_CACHE: folder, PATH: '' }
    const found = await Promise.all([1, 2, 3].map(() => findNatsServer({ env, onProgress: (text) => fetched.push(text) })))
    expect(found).toEqual(Array(3).fill({ path, version: '2.99.0', source: 'cache' }))
    expect(fetched).toEqual([])
  })
})

describe('the sum of a release archive', () => {
  const sum = 'a'.repeat(64)

  it('is taken from the line that names the archive exactly', () => {
    expect(listedSum(`${'b'.repeat(64)}  x.tar.gz.sig\n${sum}  x.tar.gz\n`, 'x.tar.gz')).toBe(sum)
    expect(listedSum(`${sum} *x.tar.gz\n`, 'x.tar.gz')).toBe(sum)
  })

  it('is an error when the archive is not listed', () => {
    expect(() => listedSum(`${sum}  y.tar.gz\n`, 'x.tar.gz')).toThrow('SHA256SUMS')
  })
})
