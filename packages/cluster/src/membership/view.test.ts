import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry } from '@understudy/runtime/spi'
import { encodeNodeRecord, type MemberStatus, type NodeRecord } from './node-record.ts'
import { applyChange, applyPoll, emptyView, maxRemembered, memberOf, membersOf, type View, type ViewEvent } from './view.ts'

const record = (name: string, incarnation: number, status: MemberStatus, more: Partial<NodeRecord> = {}): NodeRecord => ({
  name,
  incarnation,
  status,
  roles: [],
  singletons: [],
  pools: [],
  since: 1e12,
  writer: `${name}:1`,
  ...more,
})
type Step = readonly [revision: number, record: NodeRecord | string]
/** Applies changes at times 0, 1000, 2000 …; a text is the name of a node whose record expired. */
function run(steps: readonly Step[], start = emptyView): { view: View; events: ViewEvent[]; texts: string[] } {
  let view = start
  const events: ViewEvent[] = []
  for (const [i, [revision, what]] of steps.entries()) {
    const change =
      typeof what === 'string' ? { key: `node.${what}`, revision } : { key: `node.${what.name}`, revision, value: encodeNodeRecord(what) }
    const [next, more] = applyChange(view, change, i * 1000)
    view = next
    events.push(...more)
  }
  return {
    view,
    events,
    texts: events.map((event) => ('node' in event ? `${event.type} ${event.node.name}~${event.node.incarnation}` : event.type)),
  }
}
const entry = (revision: number, of: NodeRecord): Entry => ({ key: `node.${of.name}`, revision, value: encodeNodeRecord(of) })

describe('membership view', () => {
  it.each<[string, readonly Step[], readonly string[]]>([
    [
      'the incarnation of a node is the revision of its joining write',
      [
        [5, record('a', 0, 'joining')],
        [6, record('a', 5, 'up')],
      ],
      ['node.joined a~5', 'node.up a~5'],
    ],
    ['a node first seen when it is up has joined too', [[9, record('a', 5, 'up')]], ['node.joined a~5', 'node.up a~5']],
    [
      'renewals of a lease are no news',
      [
        [5, record('a', 5, 'up')],
        [7, record('a', 5, 'up')],
        [9, record('a', 5, 'up')],
      ],
      ['node.joined a~5', 'node.up a~5'],
    ],
    [
      'a node that leaves has left once',
      [
        [5, record('a', 5, 'up')],
        [6, record('a', 5, 'leaving')],
        [7, record('a', 5, 'left')],
        [8, 'a'],
      ],
      ['node.joined a~5', 'node.up a~5', 'node.leaving a~5', 'node.left a~5'],
    ],
    [
      'a node that was convicted is down once',
      [
        [5, record('a', 5, 'up')],
        [6, record('a', 5, 'down')],
        [7, 'a'],
      ],
      ['node.joined a~5', 'node.up a~5', 'node.down a~5'],
    ],
    [
      'a node whose lease expired is down',
      [
        [5, record('a', 5, 'up')],
        [6, 'a'],
      ],
      ['node.joined a~5', 'node.up a~5', 'node.down a~5'],
    ],
    [
      'a newer life replaces an older one',
      [
        [5, record('a', 5, 'up')],
        [8, record('a', 0, 'joining')],
        [9, record('a', 8, 'up')],
      ],
      ['node.joined a~5', 'node.up a~5', 'node.replaced a~5', 'node.joined a~8', 'node.up a~8'],
    ],
    [
      'a newer life replaces no one who had ended',
      [
        [5, record('a', 5, 'up')],
        [6, 'a'],
        [8, record('a', 0, 'joining')],
      ],
      ['node.joined a~5', 'node.up a~5', 'node.down a~5', 'node.joined a~8'],
    ],
    [
      'a newer life is not undone by the older one',
      [
        [8, record('a', 8, 'up')],
        [9, record('a', 5, 'up')],
      ],
      ['node.joined a~8', 'node.up a~8'],
    ],
    [
      'old news changes nothing',
      [
        [8, record('a', 8, 'up')],
        [7, 'a'],
        [8, record('a', 8, 'down')],
      ],
      ['node.joined a~8', 'node.up a~8'],
    ],
    [
      'old news does not bring back the dead',
      [
        [8, record('a', 8, 'up')],
        [9, 'a'],
        [8, record('a', 8, 'up')],
      ],
      ['node.joined a~8', 'node.up a~8', 'node.down a~8'],
    ],
    [
      'who had ended before we came is not mentioned',
      [
        [8, record('a', 8, 'down')],
        [9, record('b', 7, 'left')],
        [10, 'c'],
      ],
      [],
    ],
    [
      'a lease regained is a member again',
      [
        [5, record('a', 5, 'up')],
        [6, 'a'],
        [7, record('a', 5, 'up')],
      ],
      ['node.joined a~5', 'node.up a~5', 'node.down a~5', 'node.joined a~5', 'node.up a~5'],
    ],
    ['other keys are none of our business', [], []],
  ])('%s', (_, steps, texts) => {
    expect(run(steps).texts).toEqual(texts)
  })

  it('knows exactly who lives', () => {
    const { view } = run([
      [1, record('b', 1, 'up')],
      [2, record('a', 0, 'joining')],
      [3, record('c', 3, 'left')],
    ])
    expect(membersOf(view).map(({ identity }) => identity.name)).toEqual(['a', 'b'])
    expect(membersOf(view, 'up').map(({ identity }) => identity.name)).toEqual(['b'])
    expect(memberOf(view, { name: 'a', incarnation: 2 })?.status).toBe('joining')
    expect(memberOf(view, { name: 'a', incarnation: 1 })).toBeUndefined()
  })

  it('notes when a node was last seen to write, and takes a conviction into account only when nothing went unseen', () => {
    const seen = (steps: readonly Step[]) => memberOf(run(steps).view, { name: 'a', incarnation: 1 })?.quietSince
    const [joined, renewed]: Step[] = [
      [1, record('a', 0, 'joining')],
      [3, record('a', 1, 'up')],
    ]
    expect(seen([joined!, renewed!])).toBe(1000)
    expect(seen([joined!, renewed!, [4, record('a', 1, 'down', { replaces: 3 })]])).toBe(1000)
    expect(seen([joined!, renewed!, [9, record('a', 1, 'down', { replaces: 7 })]])).toBe(2000)
    expect(seen([joined!, renewed!, [9, record('a', 1, 'down')]])).toBe(2000)
    expect(seen([joined!, renewed!, [9, 'a']])).toBe(2000)
  })

  it('takes a poll as a whole: new ones join, and one is gone when two polls in a row miss it', () => {
    const [a, b] = [entry(1, record('a', 1, 'up')), entry(2, record('b', 2, 'up'))]
    let [view, events] = applyPoll(emptyView, [a, b], 0)
    expect(events).toHaveLength(4)
    ;[view, events] = applyPoll(view, [a], 1)
    expect(events).toEqual([])
    ;[view, events] = applyPoll(view, [a, b], 2)
    ;[view, events] = applyPoll(view, [a], 3)
    expect(events).toEqual([])
    ;[view, events] = applyPoll(view, [a], 4)
    expect(events).toEqual([{ type: 'node.down', node: { name: 'b', incarnation: 2 }, why: 'its record is gone' }])
    ;[view, events] = applyPoll(view, [a, b], 5)
    expect(events).toEqual([])
    expect(membersOf(view)).toHaveLength(1)
  })

  it.each([
    ['no JSON', 'x'],
    ['no object', '1'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another name', JSON.stringify(record('b', 1, 'up'))],
    ['an odd name', JSON.stringify(record('a.b', 1, 'up'))],
    ['a status that is none', JSON.stringify({ ...record('a', 1, 'up'), status: 'king' })],
    ['an incarnation that is none', JSON.stringify(record('a', -1, 'up'))],
    ['an incarnation of the future', JSON.stringify(record('a', 99, 'up'))],
    ['roles that are none', JSON.stringify({ ...record('a', 1, 'up'), roles: [{}] })],
    ['roles without end', JSON.stringify(record('a', 1, 'up', { roles: Array.from({ length: 1001 }, () => 'r') }))],
    ['a time that is none', JSON.stringify({ ...record('a', 1, 'up'), since: 'now' })],
    ['too many bytes', JSON.stringify(record('a', 1, 'up', { writer: 'x'.repeat(70_000) }))],
  ])('ignores a record that is %s, and reports it', (_, text) => {
    const good = run([[1, record('a', 1, 'up')]]).view
    const [view, events] = applyChange(good, { key: 'node.a', revision: 5, value: new TextEncoder().encode(text) }, 0)
    expect(view).toBe(good)
    expect(events).toMatchObject([{ type: 'record.refused', key: 'node.a', why: expect.any(String) }])
  })

  it('remembers only so many who have ended', () => {
    let { view } = run([[1, record('alive', 1, 'up')]])
    for (let i = 0; i < maxRemembered + 50; i++) ({ view } = run([[i + 2, record(`n${i}`, 1, 'left')]], view))
    expect(view.members.size).toBe(maxRemembered + 1)
    expect(view.members.has('alive')).toBe(true)
    expect(view.members.has('n0')).toBe(false)
  })

  it('says of every life: joined, then up, then at most one end; in whatever order news arrives', () => {
    const statuses: MemberStatus[] = ['joining', 'up', 'leaving', 'left', 'down']
    const news = fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom(1, 5, 9), fc.constantFrom(...statuses, undefined)), {
      maxLength: 30,
    })
    fc.assert(
      fc.property(news, (changes) => {
        const { events } = run(
          changes.map(([revision, incarnation, status]): Step => [
            revision,
            status === undefined ? 'a' : record('a', Math.min(incarnation, revision), status),
          ]),
        )
        let open: string | undefined
        for (const event of events) {
          if (!('node' in event)) continue
          const life = String(event.node.incarnation)
          if (event.type === 'node.joined') {
            expect(open).toBeUndefined()
            open = life
          } else expect(open).toBe(life)
          if (event.type === 'node.left' || event.type === 'node.down' || event.type === 'node.replaced') open = undefined
        }
      }),
      { numRuns: 500 },
    )
  })
})
