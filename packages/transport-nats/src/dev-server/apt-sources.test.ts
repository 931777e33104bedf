import { describe, expect, it } from 'vitest'
import type { Distribution } from './apt-sources.ts'
import { parseDistribution, rewriteAptSources } from './apt-sources.ts'

const bookworm: Distribution = { id: 'debian', codename: 'bookworm' }
const noble: Distribution = { id: 'ubuntu', codename: 'noble' }
const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

function uris(files: Record<string, string>, distribution: Distribution): string[] {
  const text = rewriteAptSources(
    Object.entries(files).map(([name, content]) => ({ name, text: content })),
    distribution,
  )
  return [...text.matchAll(/^URIs: (.*)$/gm)].map(([, uri = '']) => uri)
}

describe('apt sources for the newest suite', () => {
  it('the release entry of a deb822 file points at testing and keeps its mirror and keyring', () => {
    const text = [
      'Types: deb deb-src',
      '# http://snapshot.debian.org/archive/debian/20250520T000000Z',
      'URIs: http://mirror.example.net/debian',
      'Suites: bookworm bookworm-updates',
      'Components: main contrib',
      `Signed-By: ${debianKeyring}`,
      '',
      'Types: deb',
      'URIs: http://deb.debian.org/debian-security',
      'Suites: bookworm-security',
      'Components: main',
      `Signed-By: ${debianKeyring}`,
    ].join('\n')
    expect(rewriteAptSources([{ name: '/etc/apt/sources.list.d/debian.sources', text }], bookworm)).toBe(
      `Types: deb\nURIs: http://mirror.example.net/debian\nSuites: testing\nComponents: main\nSigned-By: ${debianKeyring}\n`,
    )
  })

  it('the one-line format is rewritten, without -updates, -security, -backports and source packages', () => {
    const text = [
      '# deb http://deb.debian.org/old bookworm main',
      'deb [arch=amd64] http://deb.debian.org/debian bookworm main contrib # here',
      'deb-src http://deb.debian.org/debian-src bookworm main',
      'deb http://deb.debian.org/debian bookworm-updates main',
      'deb http://security.debian.org/debian-security bookworm-security main',
      'deb cdrom:[Debian]/ bookworm main',
    ].join('\n')
    expect(rewriteAptSources([{ name: '/etc/apt/sources.list', text }], bookworm)).toBe(
      `Types: deb\nURIs: http://deb.debian.org/debian\nSuites: testing\nComponents: main\nSigned-By: ${debianKeyring}\n`,
    )
  })

  it('Ubuntu points at devel with universe', () => {
    const text = 'Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble noble-updates\nComponents: main restricted universe\n'
    expect(rewriteAptSources([{ name: 'ubuntu.sources', text }], noble)).toBe(
      'Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: devel\nComponents: main universe\n' +
        'Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n',
    )
  })

  it.each([
    ['a third party that uses the name of the release', 'deb https://apt.example.com bookworm main'],
    ['a third party with a keyring of its own', 'deb [signed-by=/usr/share/keyrings/x.gpg] https://x.example.com/debian bookworm main'],
    ['a third party without a main component', 'deb https://download.example.com/linux/debian bookworm stable'],
    ['a third party with a suite of its own', 'deb https://deb.example.com/debian nodistro main'],
    ['a host that only looks like the distribution', 'deb https://deb.debian.org.example.com/x bookworm main'],
  ])('%s is dropped', (_, line) => {
    expect(uris({ 'extra.list': line }, bookworm)).toEqual([])
  })

  it('a disabled stanza is dropped', () => {
    const text = 'Enabled: no\nTypes: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\nComponents: main\n'
    expect(uris({ 'debian.sources': text }, bookworm)).toEqual([])
  })

  it('an unsigned mirror is still checked against the archive keyring', () => {
    const text = rewriteAptSources([{ name: 'a.list', text: 'deb [trusted=yes] http://mirror.example.net/debian bookworm main' }], bookworm)
    expect(text).toContain(`Signed-By: ${debianKeyring}`)
    expect(text).not.toMatch(/trusted/i)
  })

  it('several mirrors and repeated entries give each mirror once', () => {
    const files = {
      'debian.sources':
        'Types: deb\nURIs: http://deb.debian.org/debian\n http://ftp.de.debian.org/debian\nSuites: bookworm\nComponents: main\n',
      'sources.list': 'deb http://deb.debian.org/debian bookworm main',
    }
    expect(uris(files, bookworm)).toEqual(['http://deb.debian.org/debian', 'http://ftp.de.debian.org/debian'])
  })
})

describe('the distribution', () => {
  it.each([
    ['ID=debian\nVERSION_CODENAME=bookworm\n', bookworm],
    ['ID=ubuntu\nUBUNTU_CODENAME=noble\nVERSION_CODENAME=noble\n', noble],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\nUBUNTU_CODENAME="noble"\n', noble],
    ['ID="fedora"\n', undefined],
    ['', undefined],
  ])('is read from os-release: %j', (text, expected) => {
    expect(parseDistribution(text)).toEqual(expected)
  })
})
