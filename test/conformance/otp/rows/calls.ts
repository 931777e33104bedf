// Each call in each state of its child.

import { worker, tree, dynamic, root, a, b, c, boom } from './row.ts'
import type { Row } from './row.ts'
import type { Call } from '../script.ts'

/** a runs, b was terminated, t is temporary and runs. */
const managed = root([a, b, worker('t', { restart: 'temporary' })])
const managedStart = '+r +a +b +t'

function callRow(call: Call, state: string, answer: string, after: string): Row {
  return {
    row: `call: ${call[0]} of a child that ${state}: ${answer.slice(answer.indexOf('=') + 1)}`,
    tree: managed,
    events: [['terminate', 'r', 'b'], call, ['which', 'r']],
    trace: [managedStart, '-b:shutdown =ok', answer, after],
  }
}

const as = 't:running,b:undefined,a:running'
/** These rows. */
export const callRows: readonly Row[] = [
  callRow(['start', 'r', a], 'runs', '=already-started', `=${as}`),
  callRow(['start', 'r', b], 'does not run', '=already-present', `=${as}`),
  callRow(['start', 'r', c], 'is unknown', '+c =ok', `=c:running,${as}`),
  callRow(['terminate', 'r', 'a'], 'runs', '-a:shutdown =ok', '=t:running,b:undefined,a:undefined'),
  callRow(['terminate', 'r', 't'], 'runs and is temporary', '-t:shutdown =ok', '=b:undefined,a:running'),
  callRow(['terminate', 'r', 'b'], 'does not run', '=ok', `=${as}`),
  callRow(['terminate', 'r', 'x'], 'is unknown', '=not-found', `=${as}`),
  callRow(['restart', 'r', 'a'], 'runs', '=running', `=${as}`),
  callRow(['restart', 'r', 'b'], 'does not run', '+b =ok', '=t:running,b:running,a:running'),
  callRow(['restart', 'r', 'x'], 'is unknown', '=not-found', `=${as}`),
  callRow(['delete', 'r', 'a'], 'runs', '=running', `=${as}`),
  callRow(['delete', 'r', 'b'], 'does not run', '=ok', '=t:running,a:running'),
  callRow(['delete', 'r', 'x'], 'is unknown', '=not-found', `=${as}`),
  callRow(['spec', 'r', 'a'], 'runs', '=permanent/false/worker', `=${as}`),
  callRow(['spec', 'r', 'b'], 'does not run', '=permanent/false/worker', `=${as}`),
  callRow(['spec', 'r', 'x'], 'is unknown', '=not-found', `=${as}`),
  callRow(['count', 'r'], 'whatever: specs, active, supervisors, workers', '=3/2/0/3', `=${as}`),
  {
    row: 'call: restart_child whose start fails keeps the spec, and does not count',
    tree: root([a], { restarts: 0 }),
    events: [
      ['terminate', 'r', 'a'],
      ['break', 'a', 1],
      ['restart', 'r', 'a'],
      ['which', 'r'],
    ],
    trace: ['+r +a', '-a:shutdown =ok', '', '!a =start-failed', '=a:undefined'],
  },
  {
    row: 'call: count_children tells supervisors from workers',
    tree: root([a, tree('s', []), dynamic('d')]),
    events: [['count', 'r']],
    trace: ['+r +a +s +d', '=3/3/2/1'],
  },
  {
    row: 'call: which_children is in reverse start order (ours in start order: the player turns it)',
    tree: root([a, b, c]),
    events: [['which', 'r']],
    trace: ['+r +a +b +c', '=c:running,b:running,a:running'],
  },
  {
    row: 'call: simple_one_for_one: terminate_child stops and forgets',
    tree: root([dynamic('d')]),
    events: [
      ['start-dynamic', 'd', 'd.1'],
      ['terminate-dynamic', 'd', 'd.1'],
      ['which', 'd'],
    ],
    trace: ['+r +d', '+d.1 =ok', '-d.1:shutdown =ok', '='],
  },
  {
    row: 'call: of a supervisor that is not there',
    tree: root([tree('s', [a], { restart: 'temporary', restarts: 0 })]),
    events: [boom('a'), ['which', 's']],
    trace: ['+r +s +a', '-a:boom -s:shutdown', '=gone'],
  },
]
