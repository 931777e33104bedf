// Which nats-server is new enough. 2.12 is the first with message TTL, atomic batches and the guard header all at once;
// older servers drop unknown settings silently, so the check must happen before anything relies on them.

/** Oldest nats-server release (major, minor) the transport works with. */
export const minimumServerVersion = '2.12.0'

type Version = readonly [major: number, minor: number, patch: number]

/** Reads the version out of `nats-server --version` output (`nats-server: v2.15.1`); `undefined` when there is none. */
export function parseServerVersion(output: string): string | undefined {
  return /nats-server: v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)\b/.exec(output)?.[1]
}

/** Orders two versions by number, ascending; a pre-release counts as its release. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [numbers(left), numbers(right)]
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** Whether a version is one the transport works with. */
export function isSupportedVersion(version: string): boolean {
  return compareVersions(version, minimumServerVersion) >= 0
}

function numbers(version: string): Version {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map((part) => Number.parseInt(part, 10) || 0)
  return [major, minor, patch]
}
