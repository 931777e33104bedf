// Drawing a tree. Names are text from somewhere and are escaped: no name draws anything but its own box.

import { isRunning } from './tree-node.ts'
import type { TreeNode } from './tree-node.ts'

/** A node with the id that it has in the drawing. */
interface Box {
  readonly key: string
  readonly parent: string | undefined
  readonly node: TreeNode
}

/**
 * A tree, declared or running, as a Mermaid flowchart: supervisors are rectangles, workers are rounded, what does not run is dashed.
 */
export function toMermaid(tree: TreeNode): string {
  const lines = ['flowchart TD']
  const down: string[] = []
  for (const { key, parent, node } of boxes(tree)) {
    const text = labelOf(node).map(mermaidText).join('<br/>')
    lines.push(node.kind === 'worker' ? `  ${key}(["${text}"])` : `  ${key}["${text}"]`)
    if (parent !== undefined) lines.push(`  ${parent} --> ${key}`)
    if (isDown(node)) down.push(key)
  }
  if (down.length > 0) lines.push('  classDef down stroke-dasharray: 4 4', `  class ${down.join(',')} down`)
  return `${lines.join('\n')}\n`
}

/** A tree, declared or running, as a Graphviz digraph: supervisors are boxes, workers are ellipses, what does not run is dashed. */
export function toDot(tree: TreeNode): string {
  const lines = ['digraph tree {']
  for (const { key, parent, node } of boxes(tree)) {
    const text = labelOf(node).map(dotText).join('\\n')
    const shape = node.kind === 'worker' ? 'ellipse' : 'box'
    lines.push(`  ${key} [shape=${shape}, label="${text}"${isDown(node) ? ', style=dashed' : ''}]`)
    if (parent !== undefined) lines.push(`  ${parent} -> ${key}`)
  }
  return `${lines.join('\n')}\n}\n`
}

function* boxes(tree: TreeNode): Generator<Box> {
  let count = 0
  // Not recursive: what is drawn may be deeper than any tree that runs.
  const stack: { readonly parent: string | undefined; readonly node: TreeNode }[] = [{ parent: undefined, node: tree }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const key = `n${count++}`
    yield { key, ...next }
    for (const node of next.node.children.toReversed()) stack.push({ parent: key, node })
  }
}

function labelOf(node: TreeNode): string[] {
  const { id, name, kind, restart, strategy, template } = node
  const title = id === name ? id : `${id}: ${name}`
  const facts = [kind === 'worker' ? undefined : kind, template && `of ${template}`, strategy, restart].filter((fact) => fact !== undefined)
  const standing = isRunning(node) ? [`${node.state}, incarnation ${node.incarnation}`] : []
  return [title, facts.join(', '), ...standing].filter((line) => line !== '')
}

function isDown(node: TreeNode): boolean {
  return isRunning(node) && node.state !== 'running'
}

/** Mermaid has entity codes; everything that could mean something becomes one. */
function mermaidText(text: string): string {
  return Array.from(text, (sign) => (/[\p{L}\p{N} ,.:_~@$-]/u.test(sign) ? sign : `#${sign.codePointAt(0)!};`)).join('')
}

function dotText(text: string): string {
  // oxlint-disable-next-line eslint/no-control-regex
  return text.replaceAll(/["\\]/g, (sign) => `\\${sign}`).replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ')
}
