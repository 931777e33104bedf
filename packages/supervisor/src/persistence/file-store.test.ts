// The store of one process without a cluster: what it holds is there after a crash, whole.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RevisionConflictError, StoreUnavailableError } from '@understudy/runtime/spi'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fileStore } from './file-store.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'understudy-store-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const texts = async (store: ReturnType<typeof fileStore>, prefix = ''): Promise<Record<string, string>> =>
  Object.fromEntries((await store.list(prefix)).map(({ key, value }) => [key, new TextDecoder().decode(value)]))

test('what was written is there in the next process, with its revision', async () => {
  const path = join(directory, 'made', 'by itself')
  const first = await fileStore(path).write('a.b', bytes('one\ntwo'), { key: 'a.b', revision: 0 })
  const store = fileStore(path)
  expect(await texts(store)).toEqual({ 'a.b': 'one\ntwo' })
  const second = await store.write('a.b', bytes('three'), { key: 'a.b', revision: first })
  expect(second).toBeGreaterThan(first)
  expect(await texts(fileStore(path), 'a.')).toEqual({ 'a.b': 'three' })
  expect(await texts(fileStore(path), 'b.')).toEqual({})
})

test('a write whose condition does not hold changes nothing, and the next one is served', async () => {
  const store = fileStore(directory)
  const revision = await store.write('k', bytes('1'), { key: 'k', revision: 0 })
  await expect(store.write('k', bytes('2'), { key: 'k', revision: 0 })).rejects.toThrow(RevisionConflictError)
  await Promise.all([
    store.write('k', bytes('3'), { key: 'k', revision }),
    expect(store.write('k', bytes('4'), { key: 'k', revision })).rejects.toThrow(RevisionConflictError),
  ])
  expect(await texts(store)).toEqual({ k: '3' })
})

test('an empty value deletes the file', async () => {
  const store = fileStore(directory)
  const revision = await store.write('k', bytes('1'), { key: 'k', revision: 0 })
  await store.write('k', bytes(''), { key: 'k', revision })
  expect(await readdir(directory)).toEqual([])
  expect(await store.write('k', bytes('2'), { key: 'k', revision: 0 })).toBeGreaterThan(revision)
})

test('what a crash has left half-written, and what else lies there, is not looked at', async () => {
  await fileStore(directory).write('k', bytes('whole'), { key: 'k', revision: 0 })
  await writeFile(join(directory, 'k.entry.new'), '9\nhal')
  await writeFile(join(directory, 'notes.txt'), 'mine')
  expect(await texts(fileStore(directory))).toEqual({ k: 'whole' })
})

test('a directory that cannot be used is an error of each call, and no key leads out of it', async () => {
  await writeFile(join(directory, 'file'), '')
  const store = fileStore(join(directory, 'file'))
  await expect(store.list('')).rejects.toThrow(StoreUnavailableError)
  await expect(store.write('k', bytes('1'), { key: 'k', revision: 0 })).rejects.toThrow(StoreUnavailableError)
  expect(() => store.write('../k', bytes('1'), { key: '../k', revision: 0 })).toThrow(/key/)
  expect(() => fileStore('')).toThrow(/directory/)
})
