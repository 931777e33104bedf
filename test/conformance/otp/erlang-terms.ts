// Scripts as Erlang terms, for file:consult/1.

import type { Call, Script, ScriptEvent, Tree } from './script.ts'

const atom = (text: string): string => `'${text.replaceAll('-', '_')}'`
const string = (text: string): string => JSON.stringify(text)
const list = (items: readonly string[]): string => `[${items.join(',')}]`
const pair = ([id, count]: [string, number]): string => `{${string(id)},${count}}`

/** One term, with its full stop. */
export function erlangScript({ seed, broken, tree, events }: Script): string {
  return `{${seed},${list(Object.entries(broken).map(pair))},${treeTerm(tree)},${list(events.map(eventTerm))}}.`
}

function treeTerm(tree: Tree): string {
  const common = `id=>${string(tree.id)},restart=>${tree.restart},significant=>${tree.significant === true}`
  switch (tree.kind) {
    case 'worker': {
      const shutdown = tree.shutdownMs === 'brutal' ? 'brutal_kill' : tree.shutdownMs
      return `#{kind=>worker,${common},stops=>${atom(tree.stops)},shutdown=>${shutdown}}`
    }
    case 'static': {
      const auto = atom(tree.autoShutdown ?? 'never')
      const flags = `strategy=>${atom(tree.strategy)},intensity=>${tree.restarts},period=>${tree.withinS},auto_shutdown=>${auto}`
      return `#{kind=>static,${common},${flags},children=>${list(tree.children.map(treeTerm))}}`
    }
    case 'dynamic':
      return `#{kind=>dynamic,${common},intensity=>${tree.restarts},period=>${tree.withinS},template=>${treeTerm(tree.template)}}`
  }
}

function eventTerm(event: ScriptEvent): string {
  switch (event[0]) {
    case 'end':
      return `{'end',${string(event[1])},${atom(event[2])}}`
    case 'break':
      return `{break,${string(event[1])},${event[2]}}`
    case 'batch':
      return `{batch,${string(event[1])},${list(event[2].map(string))},${list(event[3].map(callTerm))}}`
    case 'wait':
      return `{wait,${event[1]}}`
    case 'stop':
      return 'stop'
    default:
      return callTerm(event)
  }
}

function callTerm(call: Call): string {
  const [name, supervisor, third] = call
  if (third === undefined) return `{call,${atom(name)},${string(supervisor)},none}`
  return `{call,${atom(name)},${string(supervisor)},${typeof third === 'string' ? string(third) : treeTerm(third)}}`
}
