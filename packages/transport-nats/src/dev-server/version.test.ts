import { describe, expect, it } from 'vitest'
import { compareVersions, isSupportedVersion, parseServerVersion } from './version.ts'

describe('server version', () => {
  it.each([
    ['nats-server: v2.15.1\n', '2.15.1'],
    ['nats-server: v2.12.0-RC.1', '2.12.0-RC.1'],
    ['nats-server: 2.9.10', '2.9.10'],
    ['true (GNU coreutils) 9.1', undefined],
    ['', undefined],
  ])('%j names the version %j', (output, version) => {
    expect(parseServerVersion(output)).toBe(version)
  })

  it.each([
    ['2.9.10', false],
    ['2.11.99', false],
    ['2.12.0', true],
    ['2.12.0-RC.1', true],
    ['2.15.1', true],
    ['10.0.0', true],
  ])('%s is supported: %s', (version, supported) => {
    expect(isSupportedVersion(version)).toBe(supported)
  })

  it('versions are ordered by number, not by text', () => {
    expect(['2.9.0', '2.15.1', '2.12.10', '2.12.9'].sort(compareVersions)).toEqual(['2.9.0', '2.12.9', '2.12.10', '2.15.1'])
  })
})
