// Children whose end may end their supervisor.

import { worker, tree, root, b, c, boom, ends, isOrderly } from './row.ts'
import type { Row } from './row.ts'
import type { RestartType, Worker } from '../script.ts'

const any = { autoShutdown: 'any-significant' } as const
const all = { autoShutdown: 'all-significant' } as const
const significant = (id: string, restart: RestartType): Worker => worker(id, { restart, significant: true })

/** These rows. */
export const significantRows: readonly Row[] = [
  ...ends.map((how) => ({
    row: `significant: a transient one that ends with ${how} ${isOrderly(how) ? 'ends its supervisor' : 'is restarted'}`,
    tree: root([significant('a', 'transient'), b], any),
    events: [['end', 'a', how]] as const,
    trace: ['+r +a +b', isOrderly(how) ? `-a:${how} -b:shutdown -r:shutdown` : `-a:${how} +a`],
  })),
  ...ends.map((how) => ({
    row: `significant: a temporary one that ends with ${how} ends its supervisor`,
    tree: root([significant('a', 'temporary'), b], any),
    events: [['end', 'a', how]] as const,
    trace: ['+r +a +b', `-a:${how} -b:shutdown -r:shutdown`],
  })),
  {
    row: 'significant: all_significant waits for the last one',
    tree: root([significant('a', 'transient'), significant('b', 'temporary'), c], all),
    events: [['end', 'a', 'normal'], boom('b')],
    trace: ['+r +a +b +c', '-a:normal', '-b:boom -c:shutdown -r:shutdown'],
  },
  {
    row: 'significant: terminate_child does not end the supervisor, with any_significant',
    tree: root([significant('a', 'transient'), b], any),
    events: [
      ['terminate', 'r', 'a'],
      ['which', 'r'],
    ],
    trace: ['+r +a +b', '-a:shutdown =ok', '=b:running,a:undefined'],
  },
  {
    row: 'significant: one stopped in a group restart does not end the supervisor',
    tree: root([significant('a', 'temporary'), b], { ...any, strategy: 'one-for-all' }),
    events: [boom('b'), ['which', 'r']],
    trace: ['+r +a +b', '-b:boom -a:shutdown +b', '=b:running'],
  },
  {
    row: 'significant: one that was terminated is not left for all_significant',
    tree: root([significant('a', 'transient'), significant('b', 'transient'), c], all),
    events: [
      ['terminate', 'r', 'a'],
      ['end', 'b', 'normal'],
    ],
    trace: ['+r +a +b +c', '-a:shutdown =ok', '-b:normal -c:shutdown -r:shutdown'],
  },
  {
    row: 'significant: it climbs the tree where the sub-supervisor is itself significant',
    tree: root([tree('s', [significant('a', 'transient')], { ...any, restart: 'transient', significant: true }), b], any),
    events: [['end', 'a', 'normal']],
    trace: ['+r +s +a +b', '-a:normal -s:shutdown -b:shutdown -r:shutdown'],
  },
  {
    row: 'significant: it climbs no further where the sub-supervisor is not significant',
    tree: root([tree('s', [significant('a', 'transient')], { ...any, restart: 'transient' }), b], any),
    events: [
      ['end', 'a', 'normal'],
      ['which', 'r'],
    ],
    trace: ['+r +s +a +b', '-a:normal -s:shutdown', '=b:running,s:undefined'],
  },
  {
    row: 'significant: a permanent sub-supervisor that shuts itself down is restarted',
    tree: root([tree('s', [significant('a', 'transient')], any)]),
    events: [['end', 'a', 'normal']],
    trace: ['+r +s +a', '-a:normal -s:shutdown +s +a'],
  },
]
