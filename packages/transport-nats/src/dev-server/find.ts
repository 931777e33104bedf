// Finds a nats-server that is new enough, or fetches one. The order is fixed and the first usable one wins: the NATS_SERVER
// variable (never overruled), PATH, the cache, the official release, the distribution's package archive.
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { delimiter, resolve } from 'node:path'
import { withAptPackage } from './apt-package.ts'
import { addToCache, listCachedServers, serverCacheFolder } from './cache-folder.ts'
import { runCommand } from './command.ts'
import type { FindAttempt } from './errors.ts'
import { NatsServerNotFoundError } from './errors.ts'
import { withFetchLock } from './fetch-lock.ts'
import { withGithubRelease } from './github-release.ts'
import { isSupportedVersion, minimumServerVersion, parseServerVersion } from './version.ts'

/** Where a server may already be, before anything is fetched. */
export type CandidateSource = 'NATS_SERVER' | 'PATH' | 'cache'

/** A place to look, and what running `--version` there said: a version, or why there is none. */
export interface ProbedCandidate {
  readonly source: CandidateSource
  readonly path: string
  readonly version?: string
  readonly problem?: string
}

/** A nats-server that runs and is new enough. */
export interface NatsServerBinary {
  readonly path: string
  readonly version: string
  readonly source: CandidateSource | 'release' | 'package'
}

/** What to do about the candidates: use one, refuse to go on, or fetch. */
export type FindDecision =
  | { readonly type: 'use'; readonly binary: NatsServerBinary }
  | { readonly type: 'refuse'; readonly attempts: readonly FindAttempt[] }
  | { readonly type: 'fetch'; readonly attempts: readonly FindAttempt[] }

/** Options of `findNatsServer`. */
export interface FindOptions {
  /** Environment to read NATS_SERVER, PATH and the cache folder from; default `process.env`. */
  readonly env?: NodeJS.ProcessEnv
  /** Told in a line what is being fetched, if anything. */
  readonly onProgress?: (text: string) => void
}

const advice = [
  'Next: install nats-server 2.12 or newer so that it is on PATH (https://docs.nats.io/running-a-nats-service/introduction/installation),',
  'or point at one: NATS_SERVER=/path/to/nats-server',
].join('\n')

/** Finds or fetches a nats-server 2.12 or newer. Rejects with `NatsServerNotFoundError`, which lists every place tried. */
export async function findNatsServer(options: FindOptions = {}): Promise<NatsServerBinary> {
  const { env = process.env, onProgress = () => {} } = options
  const cache = serverCacheFolder(env)
  const decision = chooseServer(await probeAll(await listCandidates(env, cache)))
  if (decision.type === 'use') return decision.binary
  if (decision.type === 'refuse') throw new NatsServerNotFoundError(decision.attempts, advice)
  const attempts = [...decision.attempts]
  try {
    const onWait = () => onProgress('another process is fetching nats-server; waiting for it')
    const fetched = await withFetchLock(cache, onWait, () => fetchServer(cache, attempts, onProgress))
    if (fetched !== undefined) return fetched
  } catch (error) {
    attempts.push({ where: `cache ${cache}`, problem: messageOf(error) })
  }
  throw new NatsServerNotFoundError(attempts, advice)
}

/** The order of preference as a pure rule: a bad NATS_SERVER is refused, since whoever set it means that very server. */
export function chooseServer(candidates: readonly ProbedCandidate[]): FindDecision {
  const attempts: FindAttempt[] = []
  for (const { source, path, version, problem } of candidates) {
    if (version !== undefined && isSupportedVersion(version)) return { type: 'use', binary: { path, version, source } }
    const reason = version === undefined ? (problem ?? 'no version') : `is version ${version}, needs ${minimumServerVersion} or newer`
    const attempt = { where: `${source} ${path}`, problem: reason }
    if (source === 'NATS_SERVER') return { type: 'refuse', attempts: [attempt] }
    attempts.push(attempt)
  }
  if (!candidates.some(({ source }) => source === 'PATH')) attempts.unshift({ where: 'PATH', problem: 'no nats-server on it' })
  if (!candidates.some(({ source }) => source === 'cache')) attempts.push({ where: 'cache', problem: 'empty' })
  return { type: 'fetch', attempts }
}

async function listCandidates(env: NodeJS.ProcessEnv, cache: string): Promise<{ source: CandidateSource; path: string }[]> {
  const named = env['NATS_SERVER']
  // Absolute, because the server is started from another working directory; a bare name is looked up on PATH.
  if (named) return [{ source: 'NATS_SERVER', path: named.includes('/') ? resolve(named) : named }]
  const onPath: { source: CandidateSource; path: string }[] = []
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = resolve(folder, 'nats-server')
    if (folder !== '' && (await isExecutable(path))) onPath.push({ source: 'PATH', path })
  }
  return [...onPath, ...(await listCachedServers(cache)).map((path) => ({ source: 'cache' as const, path }))]
}

/** Stops at the first that will do: the rest need not be run. */
async function probeAll(candidates: readonly { source: CandidateSource; path: string }[]): Promise<ProbedCandidate[]> {
  const probed: ProbedCandidate[] = []
  for (const candidate of candidates) {
    const version = await probeVersion(candidate.path)
    probed.push({ ...candidate, ...version })
    if (version.version !== undefined && isSupportedVersion(version.version)) break
  }
  return probed
}

async function probeVersion(path: string): Promise<{ version?: string; problem?: string }> {
  const result = await runCommand(path, ['--version'], { timeoutMs: 10_000 })
  if (!result.ok) return { problem: result.problem }
  const version = parseServerVersion(result.stdout)
  return version === undefined ? { problem: `its --version names no version of nats-server: ${result.stdout.split('\n')[0]}` } : { version }
}

async function fetchServer(
  cache: string,
  attempts: FindAttempt[],
  onProgress: (text: string) => void,
): Promise<NatsServerBinary | undefined> {
  // Whoever held the lock before may have brought it.
  const again = chooseServer(await probeAll((await listCachedServers(cache)).map((path) => ({ source: 'cache', path }))))
  if (again.type === 'use') return again.binary
  const ways = [
    { source: 'release', where: 'official release on GitHub', fetch: withGithubRelease },
    { source: 'package', where: 'package archive (apt)', fetch: withAptPackage },
  ] as const
  for (const { source, where, fetch } of ways) {
    try {
      const binary = await fetch(onProgress, async (fetched) => ({ ...(await keep(cache, fetched)), source }))
      onProgress(`nats-server ${binary.version} is at ${binary.path}`)
      return binary
    } catch (error) {
      attempts.push({ where, problem: messageOf(error) })
    }
  }
  return undefined
}

/** A fetched file earns its place in the cache by running on this machine and being new enough. */
async function keep(cache: string, fetched: string): Promise<{ path: string; version: string }> {
  const { version, problem } = await probeVersion(fetched)
  if (version === undefined) throw new Error(`what was fetched does not run here: ${problem}`)
  if (!isSupportedVersion(version)) throw new Error(`it offers version ${version}, needs ${minimumServerVersion} or newer`)
  return { path: await addToCache(cache, version, fetched), version }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
