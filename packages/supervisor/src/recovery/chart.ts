// A recovery machine as a picture, drawn from the machine itself, so that it cannot be out of date.

import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate'
import type { RecoveryPolicy } from './machine.ts'
import { eventName } from './timer-name.ts'

/**
 * The chart of a machine in Mermaid's language (`stateDiagram-v2`): states with their entry and exit actions, transitions
 * with event, guard and actions. Takes a policy or any XState 5 machine.
 */
export function machineToMermaid(subject: RecoveryPolicy | AnyStateMachine): string {
  const { root } = 'machine' in subject ? subject.machine : subject
  const lines = ['stateDiagram-v2']
  draw(root, lines, '  ')
  return `${lines.join('\n')}\n`
}

function draw(node: AnyStateNode, lines: string[], indent: string): void {
  const [first] = node.initial?.target ?? []
  if (first !== undefined) lines.push(`${indent}[*] --> ${idOf(first)}`)
  for (const child of Object.values(node.states)) {
    const parts = Object.keys(child.states).length
    if (parts > 0) {
      lines.push(`${indent}state ${idOf(child)} {`)
      draw(child, lines, `${indent}  `)
      lines.push(`${indent}}`)
    }
    const [entry, exit] = [namesOf(child.entry), namesOf(child.exit)]
    if (entry !== '' || exit !== '') lines.push(`${indent}${idOf(child)}: ${child.key}`)
    if (entry !== '') lines.push(`${indent}${idOf(child)}: entry / ${entry}`)
    if (exit !== '') lines.push(`${indent}${idOf(child)}: exit / ${exit}`)
    for (const [event, transitions] of child.transitions) {
      for (const transition of transitions) lines.push(`${indent}${arrow(child, transition)}: ${label(event, transition)}`)
    }
    for (const transition of child.always ?? []) lines.push(`${indent}${arrow(child, transition)}: ${label('always', transition)}`)
    if (child.type === 'final') lines.push(`${indent}${idOf(child)} --> [*]`)
  }
}

function arrow(from: AnyStateNode, { target }: AnyTransitionDefinition): string {
  return `${idOf(from)} --> ${idOf(target?.[0] ?? from)}`
}

function label(event: string, { guard, actions }: AnyTransitionDefinition): string {
  const orders = namesOf(actions)
  return `${eventName(event)}${guard === undefined ? '' : ` [${nameOf(guard)}]`}${orders === '' ? '' : ` / ${orders}`}`
}

function namesOf(actions: readonly unknown[]): string {
  // What sets and clears the timers of `after` is in its name already.
  return actions
    .map(nameOf)
    .filter((name) => !name.startsWith('xstate.'))
    .join(', ')
}

function nameOf(named: unknown): string {
  if (typeof named === 'string') return named
  const { type, params } = named as { type?: unknown; params?: unknown }
  const name = typeof type === 'string' ? type : typeof named === 'function' ? named.name || 'a function' : 'a function'
  if (typeof params === 'string') return `${name} ${params}`
  if (Array.isArray(params)) return `${name} ${params.join(' or ')}`
  if (typeof params !== 'object' || params === null) return name
  return `${name} ${Object.values(params).map(String).join(' ')}`
}

/** Mermaid's ids hold letters, digits and underlines. */
function idOf(node: AnyStateNode): string {
  return node.path.join('_').replace(/[^A-Za-z0-9_]/g, '_') || 'root'
}
