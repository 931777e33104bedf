// What runs against what was declared.

import type { RunningNode, TreeNode } from './tree-node.ts'

/** One difference between a declared tree and what runs; `text` says it in a sentence. */
export type TreeDifference =
  /** Declared, but there is not even a spec of it. */
  | { readonly type: 'missing'; readonly path: string; readonly text: string }
  /** Not declared, but there: added by a call, or declared no more. */
  | { readonly type: 'extra'; readonly path: string; readonly text: string }
  /** There, but not as it was declared. */
  | {
      readonly type: 'changed'
      readonly path: string
      readonly field: ComparedField
      readonly declared: TreeNode[ComparedField]
      readonly running: TreeNode[ComparedField]
      readonly text: string
    }
  /** There as declared, but not running. */
  | { readonly type: 'not-running'; readonly path: string; readonly state: RunningNode['state']; readonly text: string }

const compared = [
  'kind',
  'name',
  'restart',
  'significant',
  'shutdownMs',
  'recovery',
  'isolation',
  'strategy',
  'intensity',
  'autoShutdown',
  'maxChildren',
  'template',
] as const

/** The fields that are compared. */
export type ComparedField = (typeof compared)[number]

/** What is said of a child. */
const ofChildren = new Set<ComparedField>(['restart', 'shutdownMs', 'recovery', 'significant', 'isolation'])

/** These have the children that they are given while they run. */
const open = new Set<TreeNode['kind']>(['dynamic-supervisor', 'task-supervisor'])

/**
 * What differs between a declared tree (`describeTree(definition)`) and a running one (the answer to `describe`), parents first.
 *
 * Children are matched by id; those of dynamic and task supervisors are never extra. Whose kind has changed is not looked into.
 */
export function diffTrees(declared: TreeNode, running: RunningNode): TreeDifference[] {
  const differences: TreeDifference[] = []
  diff(declared, running, differences)
  return differences
}

function diff(declared: TreeNode, running: RunningNode, into: TreeDifference[]): void {
  const { path, state } = running
  const isRoot = declared.restart === undefined || running.restart === undefined
  for (const field of compared) {
    // A root may run as a child of something larger, or have been given another shutdown time.
    if (isRoot && ofChildren.has(field)) continue
    if (JSON.stringify(declared[field]) === JSON.stringify(running[field])) continue
    const text = `${path} has ${field} ${show(running[field])}, declared is ${show(declared[field])}`
    into.push({ type: 'changed', path, field, declared: declared[field], running: running[field], text })
  }
  if (state !== 'running') into.push({ type: 'not-running', path, state, text: `${path} is not running: it is ${state}` })
  if (declared.kind === running.kind) diffChildren(declared, running, into)
}

function diffChildren(declared: TreeNode, running: RunningNode, into: TreeDifference[]): void {
  const there = new Map(running.children.map((node) => [node.id, node]))
  const isDown = running.state !== 'running'
  for (const node of declared.children) {
    const found = there.get(node.id)
    there.delete(node.id)
    if (found !== undefined) diff(node, found, into)
    // Whoever does not run has no children; that it does not run has been said.
    else if (!isDown) into.push(missing(node, `${running.path}/${node.id}`))
  }
  if (open.has(running.kind)) return
  for (const { path, kind } of there.values()) into.push({ type: 'extra', path, text: `${path} is there, a ${kind} that is not declared` })
}

function missing({ kind, restart }: TreeNode, path: string): TreeDifference {
  const why = restart === 'temporary' ? '; it is temporary, and so forgotten once it has ended' : ''
  return { type: 'missing', path, text: `${path} is declared, a ${kind}, and not there${why}` }
}

function show(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value)
}
