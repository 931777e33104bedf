// Fetches the official release archive and checks it against a known sum. Where the network cannot reach GitHub this gives
// up within seconds, so that the next way of finding a server gets its turn.
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from './command.ts'

const version = '2.15.0'
const connectTimeoutMs = 3_000
const downloadTimeoutMs = 120_000

/** Sums of the 2.15.0 archives as the official container image pins them; other platforms are checked against the release's list. */
const pinnedSha256: Readonly<Record<string, string>> = {
  'linux-amd64': '5d2c51caca950333aba84911df7d377f826f3a59ec36061c6539105084f65c92',
  'linux-arm64': 'cdc208f5a3f42963a52b6ab06ef65626bb870315dc936e26ba571780c6351112',
  'linux-s390x': 'ac50bf4adc8fa6db575ed9293417b6fbec746e71cc9d360aea5cd447e4207bfc',
  'linux-ppc64le': 'a402bf73f91f674735cc85aa0e7d06d5dfa3044b98cda6ea9937cfee4e05a266',
}

/** Downloads, checks and unpacks the release, then hands the binary's path to `use`; everything else is removed. Throws with one line. */
export async function withGithubRelease<T>(onProgress: (text: string) => void, use: (binary: string) => Promise<T>): Promise<T> {
  const platform = `${process.platform}-${goArchitecture(process.arch)}`
  const name = `nats-server-v${version}-${platform}`
  const release = `https://github.com/nats-io/nats-server/releases/download/v${version}`
  await reach('github.com', 443)
  onProgress(`fetching ${name} from GitHub (once)`)
  const expected = pinnedSha256[platform] ?? listedSum((await download(`${release}/SHA256SUMS`)).toString('utf8'), `${name}.tar.gz`)
  const archive = await download(`${release}/${name}.tar.gz`)
  const actual = createHash('sha256').update(archive).digest('hex')
  if (actual !== expected) throw new Error(`${name}.tar.gz has sha256 ${actual}, expected ${expected}; not used`)
  const folder = await mkdtemp(join(tmpdir(), 'understudy-release-'))
  try {
    await writeFile(join(folder, 'archive.tar.gz'), archive)
    const unpack = await runCommand('tar', ['-xzf', 'archive.tar.gz'], { cwd: folder, timeoutMs: 60_000 })
    if (!unpack.ok) throw new Error(`tar could not unpack ${name}.tar.gz: ${unpack.problem}`)
    return await use(join(folder, name, 'nats-server'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Finds a file's sum in the text of a SHA256SUMS file; throws when it is not listed. */
export function listedSum(sums: string, file: string): string {
  for (const line of sums.split('\n')) {
    const [sum, name] = line.trim().split(/\s+\*?/)
    if (name === file && sum !== undefined && /^[0-9a-f]{64}$/.test(sum)) return sum
  }
  throw new Error(`${file} is not in the release's SHA256SUMS`)
}

function goArchitecture(arch: string): string {
  return ({ x64: 'amd64', ia32: '386', ppc64: 'ppc64le' } as Record<string, string>)[arch] ?? arch
}

/** `fetch` waits much longer for a silent network than a person does for a command, so the way is tried first. */
function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const timer = setTimeout(() => finish(new Error(`${host} did not answer within ${connectTimeoutMs} ms`)), connectTimeoutMs)
    const finish = (error?: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      if (error === undefined) resolve()
      else reject(error)
    }
    socket.once('connect', () => finish())
    socket.once('error', (error) => finish(new Error(`${host} cannot be reached (${error.message})`)))
  })
}

async function download(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(downloadTimeoutMs) })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return Buffer.from(await response.arrayBuffer())
}
