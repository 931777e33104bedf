// How children start, fail to start, and stop.

import { worker, tree, dynamic, root, a, b, c, d, boom } from './row.ts'
import type { Row } from './row.ts'

/** These rows. */
export const startRows: readonly Row[] = [
  {
    row: 'start: children start one at a time in list order, each when the one before is up; they stop in reverse order',
    tree: root([a, tree('s', [b, c]), d]),
    events: [],
    trace: ['+r +a +s +b +c +d'],
  },
  {
    row: 'start: a failing start rolls back in reverse order, those after it never start, the supervisor ends; no retry, no counting',
    tree: root([a, b, c, d]),
    broken: { c: 1 },
    events: [],
    trace: ['+r +a +b !c -b:shutdown -a:shutdown -r:failed-start'],
  },
  {
    row: 'start: a failing start of a nested tree rolls back that tree, then the one above it',
    tree: root([a, tree('s', [b, c])]),
    broken: { c: 1 },
    events: [],
    trace: ['+r +a +s +b !c -b:shutdown -s:failed-start -a:shutdown -r:failed-start'],
  },
  {
    row: 'start: a child that fails to start by start_child is discarded, and nobody else is touched',
    tree: root([a], { restarts: 0 }),
    events: [
      ['break', 'b', 1],
      ['start', 'r', b],
      ['which', 'r'],
      ['start', 'r', b],
    ],
    trace: ['+r +a', '', '!b =start-failed', '=a:running', '+b =ok'],
  },
  {
    row: 'start: a child that fails to start by start_child of simple_one_for_one leaves nothing behind',
    tree: root([dynamic('d', {}, { restarts: 0 })]),
    events: [
      ['break', 'd.1', 1],
      ['start-dynamic', 'd', 'd.1'],
      ['which', 'd'],
      ['start-dynamic', 'd', 'd.1'],
    ],
    trace: ['+r +d', '', '!d.1 =start-failed', '=', '+d.1 =ok'],
  },
  {
    row: 'shutdown: brutal_kill kills',
    tree: root([worker('a', { shutdownMs: 'brutal' })]),
    events: [
      ['terminate', 'r', 'a'],
      ['which', 'r'],
    ],
    trace: ['+r +a', '-a:killed =ok', '=a:undefined'],
  },
  {
    row: 'shutdown: a child that takes no longer than its time ends with shutdown',
    tree: root([worker('a', { stops: 'slowly' })]),
    events: [['terminate', 'r', 'a']],
    trace: ['+r +a', '-a:shutdown =ok'],
  },
  {
    row: 'shutdown: a child that takes longer than its time is killed',
    tree: root([worker('a', { stops: 'never', shutdownMs: 20 })]),
    events: [
      ['terminate', 'r', 'a'],
      ['restart', 'r', 'a'],
    ],
    trace: ['+r +a', '-a:killed =ok', '+a =ok'],
  },
  {
    row: 'shutdown: 0 is no time at all: killed at once if it is not dead',
    tree: root([worker('a', { stops: 'never', shutdownMs: 0 })]),
    events: [['terminate', 'r', 'a']],
    trace: ['+r +a', '-a:killed =ok'],
  },
  {
    row: 'shutdown: infinity waits for as long as it takes',
    tree: root([worker('a', { stops: 'slowly', shutdownMs: 'infinity' })]),
    events: [['terminate', 'r', 'a']],
    trace: ['+r +a', '-a:shutdown =ok'],
  },
  {
    row: 'shutdown: one after another in reverse start order, each with its own time, also what was added or started again later',
    tree: root([worker('a', { stops: 'slowly' }), worker('b', { stops: 'never', shutdownMs: 20 }), worker('c', { shutdownMs: 'brutal' })]),
    events: [['start', 'r', d], ['terminate', 'r', 'a'], ['restart', 'r', 'a'], ['stop']],
    trace: ['+r +a +b +c', '+d =ok', '-a:shutdown =ok', '+a =ok', '-d:shutdown -c:killed -b:killed -a:shutdown -r:shutdown'],
  },
  {
    row: 'shutdown: those that are restarting are skipped',
    tree: root([a, worker('b', { restart: 'transient' }), c], { strategy: 'rest-for-one', restarts: 1 }),
    events: [['break', 'b', 2], boom('b')],
    trace: ['+r +a +b +c', '', '-b:boom -c:shutdown !b -a:shutdown -r:shutdown'],
  },
  {
    row: 'shutdown: a child of brutal_kill that ends itself with shutdown has ended with shutdown',
    tree: root([worker('a', { shutdownMs: 'brutal', restart: 'transient' })]),
    events: [
      ['end', 'a', 'shutdown'],
      ['which', 'r'],
    ],
    trace: ['+r +a', '-a:shutdown', '=a:undefined'],
  },
]
