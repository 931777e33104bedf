// Whom a restart touches.

import { worker, tree, dynamic, root, a, b, c, d, boom } from './row.ts'
import type { Row } from './row.ts'

/** These rows. */
export const strategyRows: readonly Row[] = [
  {
    row: 'strategy: one_for_one starts the failed child again',
    tree: root([a, b, c]),
    events: [boom('b')],
    trace: ['+r +a +b +c', '-b:boom +b'],
  },
  {
    row: 'strategy: one_for_all stops all others in reverse start order and starts every kept spec in start order',
    tree: root([a, b, c, d], { strategy: 'one-for-all' }),
    events: [boom('b')],
    trace: ['+r +a +b +c +d', '-b:boom -d:shutdown -c:shutdown -a:shutdown +a +b +c +d'],
  },
  {
    row: 'strategy: rest_for_one stops those after it in reverse start order and starts it and them in start order',
    tree: root([a, b, c, d], { strategy: 'rest-for-one' }),
    events: [boom('b')],
    trace: ['+r +a +b +c +d', '-b:boom -d:shutdown -c:shutdown +b +c +d'],
  },
  {
    row: 'strategy: simple_one_for_one starts the failed child again with its own arguments; its siblings go on',
    tree: root([dynamic('d')]),
    events: [['start-dynamic', 'd', 'd.1'], ['start-dynamic', 'd', 'd.2'], boom('d.1')],
    trace: ['+r +d', '+d.1 =ok', '+d.2 =ok', '-d.1:boom +d.1'],
  },
  {
    row: 'strategy: simple_one_for_one stops its children side by side',
    tree: root([dynamic('d', { stops: 'slowly' })]),
    events: [
      ['start-dynamic', 'd', 'd.1'],
      ['start-dynamic', 'd', 'd.2'],
      ['terminate', 'r', 'd'],
    ],
    trace: ['+r +d', '+d.1 =ok', '+d.2 =ok', '-d.1:shutdown -d.2:shutdown -d:shutdown =ok'],
  },
  {
    row: 'strategy: temporary siblings hit by a group restart are stopped and removed',
    tree: root([worker('a', { restart: 'temporary' }), b], { strategy: 'one-for-all' }),
    events: [boom('b'), ['which', 'r']],
    trace: ['+r +a +b', '-b:boom -a:shutdown +b', '=b:running'],
  },
  {
    row: 'strategy: siblings that had ended in order or were terminated are started again by a group restart (with reviveStopped)',
    tree: root([worker('a', { restart: 'transient' }), b, c], { strategy: 'one-for-all' }),
    events: [['end', 'a', 'normal'], ['terminate', 'r', 'b'], boom('c')],
    trace: ['+r +a +b +c', '-a:normal', '-b:shutdown =ok', '-c:boom +a +b +c'],
  },
  {
    row: 'strategy: two children down together count twice in one_for_one',
    tree: root([a, b, c], { restarts: 1 }),
    events: [['batch', 'r', ['a', 'b'], []]],
    trace: ['+r +a +b +c', '-a:boom -b:boom +a -c:shutdown -a:shutdown -r:shutdown'],
  },
  ...(['one-for-all', 'rest-for-one'] as const).map((strategy) => ({
    row: `strategy: two children down together count once in ${strategy}, however many it touches`,
    tree: root([a, b, c], { strategy, restarts: 1 }),
    events: [['batch', 'r', ['a', 'b'], []]] as const,
    trace: ['+r +a +b +c', '-a:boom -b:boom -c:shutdown +a +b +c'],
  })),
  {
    row: 'strategy: terminate_child never touches siblings, and never counts',
    tree: root([a, b, c], { strategy: 'one-for-all', restarts: 0 }),
    events: [
      ['terminate', 'r', 'b'],
      ['restart', 'r', 'b'],
      ['terminate', 'r', 'b'],
      ['which', 'r'],
    ],
    trace: ['+r +a +b +c', '-b:shutdown =ok', '+b =ok', '-b:shutdown =ok', '=c:running,b:undefined,a:running'],
  },
  {
    row: 'strategy: children that were added stand at the end of the start order, and are lost when their supervisor restarts',
    tree: root([tree('s', [a, b], { strategy: 'one-for-all', restarts: 1 })]),
    events: [['start', 's', c], boom('a'), boom('a'), ['which', 's']],
    trace: [
      '+r +s +a +b',
      '+c =ok',
      '-a:boom -c:shutdown -b:shutdown +a +b +c',
      '-a:boom -c:shutdown -b:shutdown -s:shutdown +s +a +b',
      '=b:running,a:running',
    ],
  },
]
