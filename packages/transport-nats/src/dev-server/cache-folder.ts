// Where fetched binaries are kept: <cache>/nats-server/<version>/nats-server. A binary appears there by rename only, so a
// reader sees a whole file or none, however many processes fetch at once.
import { chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { compareVersions, isSupportedVersion } from './version.ts'

/** Folder for fetched servers: `UNDERSTUDY_CACHE`, else `XDG_CACHE_HOME/understudy`, else `~/.cache/understudy`, plus `/nats-server`. */
export function serverCacheFolder(env: NodeJS.ProcessEnv): string {
  const own = env['UNDERSTUDY_CACHE']
  if (own) return resolve(own, 'nats-server')
  return resolve(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'understudy', 'nats-server')
}

/** Paths of the cached servers that are new enough, newest first. */
export async function listCachedServers(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[])
  const versions = names.filter((name) => /^\d+\.\d+\.\d+/.test(name) && isSupportedVersion(name))
  return versions.sort((a, b) => compareVersions(b, a)).map((version) => join(folder, version, 'nats-server'))
}

/** Copies a binary into the cache under its version and returns the path it can be run from. */
export async function addToCache(folder: string, version: string, binary: string): Promise<string> {
  const target = join(folder, version, 'nats-server')
  const draft = join(folder, version, `.draft-${process.pid}-${Date.now()}`)
  await mkdir(join(folder, version), { recursive: true })
  try {
    await copyFile(binary, draft)
    await chmod(draft, 0o755)
    await rename(draft, target)
  } finally {
    await rm(draft, { force: true })
  }
  return target
}
