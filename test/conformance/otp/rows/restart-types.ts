// Restart type against exit reason.

import { worker, dynamic, root, b, ends, isOrderly } from './row.ts'
import type { Row } from './row.ts'
import type { OwnEnd, RestartType } from '../script.ts'

function restartRow(restart: RestartType, how: OwnEnd): Row {
  const lives = restart === 'permanent' || (restart === 'transient' && !isOrderly(how))
  const kept = restart === 'temporary' ? '=not-found' : '=ok'
  return {
    row: `restart: a ${restart} child that ends with ${how} is ${lives ? 'restarted and counted' : kept === '=ok' ? 'not restarted, its spec kept' : 'not restarted, its spec gone'}`,
    tree: root([worker('a', { restart }), b], { restarts: 1 }),
    events: [['end', 'a', how], lives ? ['end', 'a', how] : ['delete', 'r', 'a'], ['which', 'r']],
    trace: [
      '+r +a +b',
      lives ? `-a:${how} +a` : `-a:${how}`,
      lives ? `-a:${how} -b:shutdown -r:shutdown` : kept,
      lives ? '=gone' : '=b:running',
    ],
  }
}

function dynamicRestartRow(restart: RestartType, how: OwnEnd): Row {
  const lives = restart === 'permanent' || (restart === 'transient' && !isOrderly(how))
  return {
    row: `restart: simple_one_for_one: a ${restart} child that ends with ${how} is ${lives ? 'restarted' : 'forgotten'}`,
    tree: root([dynamic('d', { restart })]),
    events: [
      ['start-dynamic', 'd', 'd.1'],
      ['start-dynamic', 'd', 'd.2'],
      ['end', 'd.1', how],
      ['which', 'd'],
    ],
    trace: ['+r +d', '+d.1 =ok', '+d.2 =ok', lives ? `-d.1:${how} +d.1` : `-d.1:${how}`, lives ? '=d.1,d.2' : '=d.2'],
  }
}

const types: readonly RestartType[] = ['permanent', 'transient', 'temporary']
/** These rows. */
export const restartRows: readonly Row[] = types.flatMap((restart) =>
  ends.flatMap((how) => [restartRow(restart, how), dynamicRestartRow(restart, how)]),
)
