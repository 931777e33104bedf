// The page about recovery shows each machine of the library as it is: its chart is drawn from it, its defaults are its own.
// After a change to a machine, `vitest run test/docs/recovery.test.ts -u` draws the charts anew.

import { join } from 'node:path'
import {
  backoff,
  circuitBreaker,
  dependencyGate,
  failover,
  failureClasses,
  ladder,
  machineToMermaid,
  quarantine,
  recoveryActions,
  type RecoveryPolicy,
  rejuvenate,
  restartAtOnce,
  retryMessage,
  warmRestart,
} from '@understudy/actors'
import { expect, test } from 'vitest'
import { root, rows, section, textOf } from './markdown.ts'

const page = 'docs/guide/recovery.md'
const library: Readonly<Record<string, RecoveryPolicy>> = {
  restartAtOnce: restartAtOnce(),
  backoff: backoff(),
  circuitBreaker: circuitBreaker(),
  quarantine: quarantine(),
  retryMessage: retryMessage(),
  dependencyGate: dependencyGate({ on: 'database' }),
  warmRestart: warmRestart(),
  failover: failover(),
  ladder: ladder(),
  rejuvenate: rejuvenate(),
}

/** The part of the page about one machine. */
function entry(name: string): string {
  return section(page, 'The library').split(`\n### ${name}\n`)[1]!.split('\n### ')[0]!
}

test('the charts are those of the machines', async () => {
  let text = textOf(page)
  for (const [name, policy] of Object.entries(library)) {
    const [before, after] = text.split(`\n### ${name}\n`) as [string, string]
    text = `${before}\n### ${name}\n${after.replace(/```mermaid\n[^]*?```/, () => `\`\`\`mermaid\n${machineToMermaid(policy)}\`\`\``)}`
  }
  await expect(text).toMatchFileSnapshot(join(root, page))
})

test('every machine of the library is there, in the order of the list', () => {
  const headings = [...section(page, 'The library').matchAll(/^### (.+)$/gm)].map(([, heading]) => heading)
  expect(headings).toEqual(Object.keys(library))
})

test.each(Object.entries(library))('the options of %s are all there, with their defaults', (name, { input }) => {
  const table = new Map(rows(entry(name)).map(([option, value]) => [option, value]))
  for (const [option, value] of Object.entries((input ?? {}) as Record<string, unknown>)) {
    expect(table.get(`\`${option}\``), `the default of ${option}`).toBe(asText(value))
  }
})

test('every class of failure is explained', () => {
  expect(rows(section(page, 'From a failure to a command')).map(([name]) => name)).toEqual(failureClasses.map((name) => `\`${name}\``))
})

test('every order is explained', () => {
  const table = rows(section(page, 'Write your own')).flatMap(([first]) => [...first!.matchAll(/`(\w+)`/g)].map(([, order]) => order!))
  expect(table).toEqual(expect.arrayContaining(Object.keys(recoveryActions)))
})

/** A default as people write it. */
function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(asText).join(', ')
  if (typeof value === 'string') return `\`${value}\``
  if (value === Number.MAX_SAFE_INTEGER) return 'never'
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, ' ')
}
