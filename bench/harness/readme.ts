// `--write`: what was measured goes into README.md, with all that one has to know to judge it. Losses too.

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem, type } from 'node:os'
import { competitors, subject } from '../competitors/index.ts'
import { workloads } from '../workloads/index.ts'
import type { Row } from './rows.ts'
import { markdownTable, short, times, workloadsOf } from './table.ts'

const file = new URL('../README.md', import.meta.url)
const begin = '<!-- begin of what `pnpm bench --write` writes -->'
const end = '<!-- end of what `pnpm bench --write` writes -->'

/** Circumstances of a run. */
export interface Circumstances {
  readonly rounds: number
  readonly measurements: number
  /** Measurements during which others took more of the machine than is fair. */
  readonly noisy: number
  /** What else one has to know, such as what was not measured, and why. */
  readonly remarks: readonly string[]
}

/** Replaces the generated part of README.md. */
export function writeReadme(rows: readonly Row[], circumstances: Circumstances): void {
  const text = readFileSync(file, 'utf8')
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from === -1 || to === -1) throw new Error('bench/README.md has lost the marks between which the tables go')
  const generated = [where(circumstances), summary(rows), losses(rows), details(rows)].join('\n\n')
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${generated}\n\n${text.slice(to)}`)
}

function where({ rounds, measurements, noisy, remarks }: Circumstances): string {
  const cores = cpus()
  const machine = `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`
  const disturbed =
    noisy === 0
      ? 'The machine was quiet: during none of them did others take more than 8 % of it.'
      : `**The machine was busy**: ${noisy} of them are in although others took more than 8 % of the machine meanwhile. ` +
        'Ratios suffer less from that than figures.'
  const lines = [
    `Measured ${new Date().toISOString().slice(0, 10)} at commit ${commit()} on Node ${process.version}, ${machine}.`,
    `${measurements} measurements in ${rounds} rounds. ${disturbed}`,
    ...remarks,
  ]
  return lines.join('\n')
}

function commit(): string {
  try {
    const git = (...args: string[]): string => execFileSync('git', args, { cwd: new URL('..', import.meta.url), encoding: 'utf8' }).trim()
    const changed = git('status', '--porcelain', '--', '../packages').length > 0
    return `\`${git('rev-parse', '--short', 'HEAD')}\`${changed ? ' with uncommitted changes in `packages/`' : ''}`
  } catch {
    return 'unknown'
  }
}

function summary(rows: readonly Row[]): string {
  const best = (workload: string, kinds: readonly string[]): Row | undefined =>
    rows.filter((row) => row.workload === workload && kinds.includes(kindOf(row.competitor))).toSorted((a, b) => aheadOf(b, a) - 1)[0]
  const lines = workloadsOf(rows).flatMap((workload) => {
    const ours = rows.find((row) => row.workload === workload && row.competitor === subject)
    if (ours === undefined) return []
    const cell = (row: Row | undefined): string => {
      if (row === undefined) return '–'
      return `${row.competitor.startsWith('erlang') ? '' : `${row.competitor} `}${short(row.median)} (${times(aheadOf(ours, row))})`
    }
    return [
      `| ${workload}, ${ours.unit} | **${short(ours.median)}** | ${times(ours.ratioToFloor)} | ${cell(best(workload, ['actor']))} | ${cell(best(workload, ['erlang']))} |`,
    ]
  })
  return [
    '| | understudy | of floor-full | best JavaScript actors (understudy is … as good) | Erlang, its better mode (…) |',
    '|---|--:|--:|--:|--:|',
    ...lines,
  ].join('\n')
}

function losses(rows: readonly Row[]): string {
  const lost = rows.flatMap((row) => {
    const ours = rows.find((it) => it.workload === row.workload && it.competitor === subject)
    if (ours === undefined || row.competitor === subject || kindOf(row.competitor) === 'floor') return []
    const ahead = aheadOf(ours, row)
    if (ahead >= 1) return []
    const note = kindOf(row.competitor) === 'synchronous' ? ' (a synchronous call, no queue)' : ''
    return [`- ${row.workload}: ${row.competitor} is ${times(1 / ahead)} as good${note}`]
  })
  return ['### Where others are better', ...(lost.length === 0 ? ['Nowhere, floors excepted.'] : [lost.join('\n')])].join('\n\n')
}

/** How many times as good `ours` is. */
function aheadOf(ours: Row, other: Row): number {
  const isMoreBetter = workloads.some((workload) => workload.rows.some(({ name, better }) => name === ours.workload && better === 'more'))
  return isMoreBetter ? ours.median / other.median : other.median / ours.median
}

function details(rows: readonly Row[]): string {
  const parts = workloads.flatMap((workload) => {
    const tables = workload.rows.flatMap(({ name }) => {
      const some = rows.filter((row) => row.workload === name)
      return some.length === 0 ? [] : [`\`${name}\`\n\n${markdownTable(some)}`]
    })
    return tables.length === 0 ? [] : [[`### ${workload.name}`, workload.about, ...tables].join('\n\n')]
  })
  return parts.join('\n\n')
}

function kindOf(competitor: string): string {
  return competitors.find(({ name }) => name === competitor)!.kind
}
