// Starts that fail while restarting.

import { root, a, b, c, boom } from './row.ts'
import type { Row } from './row.ts'

/** These rows. */
export const retryRows: readonly Row[] = [
  {
    row: 'retry: every attempt counts: a crash and three failed starts are too many for intensity 3',
    tree: root([a], { restarts: 3 }),
    events: [['break', 'a', 9], boom('a')],
    trace: ['+r +a', '', '-a:boom !a !a !a -r:shutdown'],
  },
  {
    row: 'retry: one_for_all starts all again from the first',
    tree: root([a, b, c], { strategy: 'one-for-all' }),
    events: [['break', 'b', 1], boom('a')],
    trace: ['+r +a +b +c', '', '-a:boom -c:shutdown -b:shutdown +a !b -a:shutdown +a +b +c'],
  },
  {
    row: 'retry: rest_for_one goes on from the failed child',
    tree: root([a, b, c], { strategy: 'rest-for-one' }),
    events: [['break', 'b', 1], boom('a')],
    trace: ['+r +a +b +c', '', '-a:boom -c:shutdown -b:shutdown +a !b +b +c'],
  },
  {
    row: 'retry: one that is terminated between two attempts is not tried again',
    tree: root([a, b], { restarts: 1 }),
    events: [
      ['break', 'a', 9],
      ['batch', 'r', ['a'], [['terminate', 'r', 'a']]],
      ['which', 'r'],
    ],
    trace: ['+r +a +b', '', '-a:boom !a =ok', '=b:running,a:undefined'],
  },
  {
    row: 'retry: those after the failed one are not running until the group succeeds (≠ ours are restarting, and go on when it is let go of)',
    tree: root([a, b, c], { strategy: 'rest-for-one', restarts: 5 }),
    events: [
      ['break', 'b', 1],
      ['batch', 'r', ['a'], [['terminate', 'r', 'b']]],
      ['which', 'r'],
    ],
    trace: ['+r +a +b +c', '', '-a:boom -c:shutdown -b:shutdown +a !b =ok', '=c:undefined,b:undefined,a:running'],
  },
  {
    row: 'restarting: which_children says so, start_child: already_present, restart_child and delete_child: restarting',
    tree: root([a], { restarts: 5 }),
    events: [
      ['break', 'a', 2],
      [
        'batch',
        'r',
        ['a'],
        [
          ['which', 'r'],
          ['start', 'r', a],
          ['restart', 'r', 'a'],
          ['delete', 'r', 'a'],
          ['spec', 'r', 'a'],
          ['count', 'r'],
        ],
      ],
    ],
    trace: ['+r +a', '', '-a:boom !a !a +a =a:restarting =already-present =restarting =restarting =permanent/false/worker =1/0/0/1'],
  },
]
