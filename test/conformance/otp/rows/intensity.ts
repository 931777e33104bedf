// How many restarts are too many, and what comes of it.

import { tree, root, a, b, c, boom } from './row.ts'
import type { Row } from './row.ts'

/** These rows. */
export const intensityRows: readonly Row[] = [
  {
    row: 'intensity: at most so many restarts; one more gives up, stops the rest in reverse order and exits shutdown',
    tree: root([a, b, c], { restarts: 2 }),
    events: [boom('b'), boom('b'), boom('b')],
    trace: ['+r +a +b +c', '-b:boom +b', '-b:boom +b', '-b:boom -c:shutdown -a:shutdown -r:shutdown'],
  },
  {
    row: 'intensity: 0 gives up at the first crash',
    tree: root([a], { restarts: 0 }),
    events: [boom('a')],
    trace: ['+r +a', '-a:boom -r:shutdown'],
  },
  {
    row: 'intensity: restarts older than the window do not count',
    tree: root([a], { restarts: 1, withinS: 1 }),
    events: [boom('a'), ['wait', 2_100], boom('a'), boom('a')],
    trace: ['+r +a', '-a:boom +a', '', '-a:boom +a', '-a:boom -r:shutdown'],
  },
  {
    row: 'intensity: the window belongs to the supervisor, not to a child',
    tree: root([a, b], { restarts: 1 }),
    events: [boom('a'), boom('b')],
    trace: ['+r +a +b', '-a:boom +a', '-b:boom -a:shutdown -r:shutdown'],
  },
  {
    row: 'intensity: the window starts empty when the supervisor itself is restarted',
    tree: root([tree('s', [a], { restarts: 1 })]),
    events: [boom('a'), boom('a'), boom('a')],
    trace: ['+r +s +a', '-a:boom +a', '-a:boom -s:shutdown +s +a', '-a:boom +a'],
  },
  {
    row: 'end: a permanent sub-supervisor that gives up is restarted',
    tree: root([tree('s', [a], { restarts: 0 })]),
    events: [boom('a')],
    trace: ['+r +s +a', '-a:boom -s:shutdown +s +a'],
  },
  {
    row: 'end: a transient sub-supervisor that gives up is not restarted (the trap)',
    tree: root([tree('s', [a], { restarts: 0, restart: 'transient' })]),
    events: [boom('a'), ['which', 'r'], ['restart', 'r', 's']],
    trace: ['+r +s +a', '-a:boom -s:shutdown', '=s:undefined', '+s +a =ok'],
  },
  {
    row: 'end: told to stop by its parent it stops its children and exits with that reason',
    tree: root([a, tree('s', [b])]),
    events: [['stop']],
    trace: ['+r +a +s +b', '-b:shutdown -s:shutdown -a:shutdown -r:shutdown'],
  },
]
