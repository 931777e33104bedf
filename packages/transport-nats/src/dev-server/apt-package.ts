// Fetches the distribution's own nats-server package of its newest suite, without root and without touching the machine's
// package state: apt runs on a private root that shares only the machine's archive keyring, mirrors and proxy settings.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseDistribution, rewriteAptSources, targetSuite } from './apt-sources.ts'
import { runCommand } from './command.ts'

const updateTimeoutMs = 180_000
const downloadTimeoutMs = 120_000
const unpackTimeoutMs = 60_000

/** Fetches and unpacks the package, then hands the binary's path to `use`, after which everything fetched is removed. Throws with one line. */
export async function withAptPackage<T>(onProgress: (text: string) => void, use: (binary: string) => Promise<T>): Promise<T> {
  const distribution = parseDistribution(await readFile('/etc/os-release', 'utf8').catch(() => ''))
  if (distribution === undefined) throw new Error('this machine is neither Debian nor Ubuntu')
  const sources = rewriteAptSources(await readSources(), distribution)
  if (sources === '') throw new Error(`no archive of ${distribution.id} itself among the sources in /etc/apt`)
  const root = await mkdtemp(join(tmpdir(), 'understudy-apt-'))
  try {
    // apt drops root for downloads when its own user can enter the folder.
    await chmod(root, 0o755)
    const config = await writePrivateRoot(root, sources)
    onProgress(`fetching nats-server from the ${distribution.id} archive, suite ${targetSuite(distribution)} (once, about 15 MB)`)
    const update = await runCommand('apt-get', ['-c', config, 'update'], { cwd: root, timeoutMs: updateTimeoutMs })
    const download = await runCommand('apt-get', ['-c', config, 'download', 'nats-server'], { cwd: root, timeoutMs: downloadTimeoutMs })
    const packageFile = (await readdir(root)).find((name) => name.startsWith('nats-server_') && name.endsWith('.deb'))
    // An update that failed for one of several sources may still have brought the package, so only the download decides.
    if (!download.ok || packageFile === undefined)
      throw new Error([...new Set([update.problem, download.problem])].filter(Boolean).join(' | '))
    const unpack = await runCommand('dpkg', ['-x', packageFile, 'unpacked'], { cwd: root, timeoutMs: unpackTimeoutMs })
    if (!unpack.ok) throw new Error(`dpkg could not unpack ${packageFile}: ${unpack.problem}`)
    return await use(join(root, 'unpacked', 'usr', 'sbin', 'nats-server'))
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

async function readSources(): Promise<{ name: string; text: string }[]> {
  const names = (await readdir('/etc/apt/sources.list.d').catch(() => [] as string[])).filter((name) => /\.(list|sources)$/.test(name))
  const paths = ['/etc/apt/sources.list', ...names.sort().map((name) => `/etc/apt/sources.list.d/${name}`)]
  return Promise.all(paths.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })))
}

/**
 * The configuration given by `-c` is read after the machine's own, so it can clear what other packages hooked into an update;
 * those hooks clean the machine's caches, which are not ours to clean.
 */
async function writePrivateRoot(root: string, sources: string): Promise<string> {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'sources']) await mkdir(join(root, folder), { recursive: true })
  await writeFile(join(root, 'state/status'), '')
  await writeFile(join(root, 'sources/understudy.sources'), sources)
  const config = join(root, 'apt.conf')
  const lines = [
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
    `Dir::State "${root}/state";`,
    `Dir::State::lists "${root}/state/lists";`,
    `Dir::State::status "${root}/state/status";`,
    `Dir::Cache "${root}/cache";`,
    `Dir::Cache::archives "${root}/cache/archives";`,
    'Dir::Etc::sourcelist "/dev/null";',
    `Dir::Etc::sourceparts "${root}/sources";`,
    'Dir::Etc::preferences "/dev/null";',
    'Dir::Etc::preferencesparts "/dev/null";',
    'Acquire::Languages "none";',
    'Acquire::Retries "1";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  return config
}
