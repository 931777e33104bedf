import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withFetchLock } from './fetch-lock.ts'

describe('the fetch lock', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-test-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('lets one holder work at a time and leaves nothing behind', async () => {
    let holders = 0
    let most = 0
    const work = async (): Promise<void> => {
      most = Math.max(most, ++holders)
      await readdir(folder)
      holders--
    }
    await Promise.all([1, 2, 3, 4].map(() => withFetchLock(folder, () => {}, work)))
    expect(most).toBe(1)
    expect(await readdir(folder)).toEqual([])
  })

  it('takes over from a holder that is dead', async () => {
    // No system hands out a pid as large as this.
    await writeFile(join(folder, '.fetch-lock'), '999999999')
    expect(
      await withFetchLock(
        folder,
        () => {},
        () => Promise.resolve('done'),
      ),
    ).toBe('done')
  })

  it('is released when the work fails', async () => {
    await expect(
      withFetchLock(
        folder,
        () => {},
        () => Promise.reject(new Error('no')),
      ),
    ).rejects.toThrow('no')
    expect(await readdir(folder)).toEqual([])
  })
})
