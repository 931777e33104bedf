// Turns a Debian or Ubuntu machine's own package sources into sources of the distribution's newest suite, which carries a
// nats-server that is new enough. Pure text to text. Mirrors and proxies the machine is set up for stay in use; sources of
// third parties are left out; signatures are always checked against the distribution's own archive keyring.

/** The distribution a machine runs, as far as its package archive is concerned. */
export interface Distribution {
  readonly id: 'debian' | 'ubuntu'
  readonly codename: string
}

interface SourceEntry {
  readonly isBinary: boolean
  readonly uris: readonly string[]
  readonly suites: readonly string[]
  readonly components: readonly string[]
  readonly signedBy: string | undefined
}

const newestSuite = { debian: 'testing', ubuntu: 'devel' } as const
const components = { debian: 'main', ubuntu: 'main universe' } as const
const aliases = { debian: ['oldoldstable', 'oldstable', 'stable', 'testing', 'unstable', 'sid'], ubuntu: ['devel'] } as const

/** Reads `/etc/os-release`; `undefined` when it describes neither Debian nor Ubuntu nor a relative of Ubuntu. */
export function parseDistribution(osRelease: string): Distribution | undefined {
  const fields = new Map<string, string>()
  for (const [, key = '', value = ''] of osRelease.matchAll(/^(\w+)=(.*)$/gm)) fields.set(key, value.replace(/^["']|["']$/g, ''))
  const id = fields.get('ID')
  const ubuntuCodename = fields.get('UBUNTU_CODENAME')
  if (id === 'debian') return { id, codename: fields.get('VERSION_CODENAME') ?? 'stable' }
  return ubuntuCodename === undefined ? undefined : { id: 'ubuntu', codename: ubuntuCodename }
}

/** The suite that `rewriteAptSources` points at. */
export function targetSuite(distribution: Distribution): string {
  return newestSuite[distribution.id]
}

/**
 * Rewrites the contents of `sources.list` and `sources.list.d/*` to the newest suite, as deb822 text. Returns an empty string
 * when none of the entries is the distribution's own.
 */
export function rewriteAptSources(files: readonly { readonly name: string; readonly text: string }[], distribution: Distribution): string {
  const stanzas = new Set<string>()
  for (const { name, text } of files) {
    for (const entry of name.endsWith('.sources') ? parseStanzas(text) : parseLines(text)) {
      if (!entry.isBinary || !entry.components.includes('main') || !namesRelease(entry, distribution)) continue
      for (const uri of entry.uris)
        if (isOwnArchive(uri, entry.signedBy, distribution)) stanzas.add(stanza(uri, entry.signedBy, distribution))
    }
  }
  return [...stanzas].join('\n')
}

/** Updates, backports and security suites have no counterpart in the newest suite, so only the plain release counts. */
function namesRelease(entry: SourceEntry, { id, codename }: Distribution): boolean {
  return entry.suites.some((suite) => suite === codename || (aliases[id] as readonly string[]).includes(suite))
}

/** A third party may use the release's name for its suite too; the keyring, the host or the folder tells it apart. */
function isOwnArchive(uri: string, signedBy: string | undefined, { id }: Distribution): boolean {
  if (uri.startsWith('cdrom:') || uri.startsWith('file:')) return false
  if (signedBy !== undefined) return new RegExp(`/${id}-archive-keyring\\.(gpg|pgp|asc)$`).test(signedBy)
  const domain = id === 'debian' ? 'debian\\.org' : 'ubuntu\\.com'
  return new RegExp(`^[a-z+]+://([^/]+\\.)?${domain}(:\\d+)?/`).test(`${uri}/`) || new RegExp(`/${id}(-ports)?(\\.list)?/?$`).test(uri)
}

function stanza(uri: string, signedBy: string | undefined, distribution: Distribution): string {
  const { id } = distribution
  return [
    'Types: deb',
    `URIs: ${uri}`,
    `Suites: ${newestSuite[id]}`,
    `Components: ${components[id]}`,
    `Signed-By: ${signedBy ?? `/usr/share/keyrings/${id}-archive-keyring.gpg`}`,
    '',
  ].join('\n')
}

/** The one-line format: `deb [signed-by=…] uri suite component…`. */
function parseLines(text: string): SourceEntry[] {
  const entries: SourceEntry[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*(deb(?:-src)?)\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line)
    if (match === null) continue
    const [, type, options = '', uri = '', suite = '', rest = ''] = match
    const signedBy = /signed-by=(\S+)/i.exec(options)?.[1]
    entries.push({ isBinary: type === 'deb', uris: [uri], suites: [suite], components: words(rest), signedBy })
  }
  return entries
}

/** The deb822 format: stanzas of `Key: value`, continued by indented lines, with comment lines anywhere. */
function parseStanzas(text: string): SourceEntry[] {
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  const entries: SourceEntry[] = []
  for (const block of lines.join('\n').split(/\n\s*\n/)) {
    const fields = new Map<string, string>()
    for (const field of block
      .trim()
      .replace(/\n[ \t]+/g, ' ')
      .split('\n')) {
      const colon = field.indexOf(':')
      if (colon > 0) fields.set(field.slice(0, colon).trim().toLowerCase(), field.slice(colon + 1).trim())
    }
    if (/^(no|false|0|off|disable)$/i.test(fields.get('enabled') ?? '')) continue
    entries.push({
      isBinary: words(fields.get('types')).includes('deb'),
      uris: words(fields.get('uris')),
      suites: words(fields.get('suites')),
      components: words(fields.get('components')),
      signedBy: fields.get('signed-by'),
    })
  }
  return entries
}

function words(text = ''): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}
