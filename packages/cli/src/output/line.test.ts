import { describe, expect, test } from 'vitest'
import type { LogRecord, NodeLine } from '../log-record.ts'
import { parseLine } from '../log-record.ts'
import { formatDuration } from './duration.ts'
import { levelOf, renderJson, renderRaw, renderRecord } from './line.ts'
import { chooseStyle } from './style.ts'

const plain = chooseStyle(false, {})
const at = Date.UTC(2026, 10, 21, 12, 4, 9, 871)
const base = { level: 30, time: at, pid: 4711, hostname: 'box', msg: 'said in the event' }
const n3 = { name: 'n3', incarnation: 42 }
/** The part after time and node. */
const shown = (fields: LogRecord): string =>
  renderRecord({ ...base, ...fields }, 'n1', plain, 2).slice('2026-11-21T12:04:09.871Z  n1  '.length)

describe('a record becomes one readable line', () => {
  const table: [string, LogRecord, string][] = [
    [
      'actor.failed',
      { path: '/jobs/w-2', incarnation: 4, phase: 'message', cause: "TypeError: cannot read 'id'" },
      "✗ failed      /jobs/w-2           TypeError: cannot read 'id' · in message · incarnation 4",
    ],
    ['actor.backoff', { path: '/jobs/w-2', attempt: 4, delayMs: 800 }, '↻ backoff     /jobs/w-2           attempt 4 · retry in 800ms'],
    ['actor.restarted', { path: '/jobs/w-2', incarnation: 5, attempt: 4 }, '↻ restarted   /jobs/w-2           incarnation 5 · attempt 4'],
    ['actor.stopped', { path: '/jobs/w-2', reason: 'normal' }, '○ stopped     /jobs/w-2           normal'],
    [
      'supervisor.gave-up',
      { path: '/jobs', child: 'w-2', restarts: 5, withinMs: 30_000 },
      '✗ gave up     /jobs               child w-2 · 5 restarts in 30s',
    ],
    [
      'recovery.replaced',
      { path: '/jobs/w-2', machine: 'mine', cause: 'it threw' },
      '! replaced    /jobs/w-2           recovery machine mine · it threw',
    ],
    [
      'dead-letter',
      { letter: { reason: 'mailbox-full', target: '/jobs/w-2', message: { type: 'work' } } },
      '! dead letter /jobs/w-2           message work · mailbox-full',
    ],
    ['node.up', { node: n3 }, '● up          n3                  incarnation 42'],
    ['node.joined', { node: n3 }, '● joined      n3                  incarnation 42'],
    ['node.trusted', { node: n3 }, '● trusted     n3'],
    ['node.suspect', { node: n3, why: 'silent for 1s' }, '! suspect     n3                  silent for 1s'],
    ['node.down', { node: n3, why: 'connection closed' }, '✗ down        n3                  connection closed'],
    ['node.left', { node: n3 }, '○ left        n3'],
    ['node.displaced', { node: n3, why: 'a newer n3 joined' }, '✗ displaced   n3                  a newer n3 joined'],
    ['link.lost', { why: 'disconnect' }, '! link lost   disconnect'],
    ['link.restored', { downMs: 1250 }, '● link back   after 1.3s'],
    ['frames.lost', { from: n3, missing: 7 }, '! lost        n3                  7 frames missing'],
    ['frame.refused', { why: 'not a frame', bytes: 12 }, '! refused     not a frame · 12 bytes'],
    [
      'singleton.leading',
      { name: 'operations', epoch: 19, takeoverMs: 812.4 },
      '● leading     operations          epoch 19 · takeover 812ms',
    ],
    ['singleton.followed', { name: 'operations', epoch: 19, owner: n3 }, '○ following   operations          epoch 19 · led by n3'],
    [
      'singleton.lost',
      { name: 'operations', epoch: 19, why: 'lease ran out' },
      '! lost        operations          epoch 19 · lease ran out',
    ],
    [
      'singleton.fenced',
      { name: 'operations', epoch: 19, why: 'write refused' },
      '✗ fenced      operations          epoch 19 · write refused',
    ],
    ['process.exited', { level: 50, how: 'killed by SIGKILL' }, '✗ exited      killed by SIGKILL'],
  ]
  test.each(table)('the event %s', (event, fields, expected) => {
    expect(shown({ event, ...fields })).toBe(expected)
  })

  const others: [string, LogRecord, string][] = [
    ['message and fields', { msg: 'counted', flights: 12, ms: 1.23456 }, '  counted  flights=12 ms=1.235'],
    ['a warning', { level: 40, msg: 'slow' }, '! slow'],
    [
      'an error with its cause',
      { level: 'error', msg: 'oh', err: { type: 'RangeError', message: 'too far', stack: 'x' } },
      '✗ oh  err=RangeError: too far',
    ],
    ['an event of the program itself', { event: 'demo.progress', msg: 'half-way', done: 10 }, '  half-way  event=demo.progress done=10'],
    ['an unknown event without text', { event: 'demo.progress', msg: undefined, done: 10 }, '  demo.progress  done=10'],
    ['an event named like a method', { event: 'constructor', msg: undefined }, '  constructor'],
    [
      'many fields',
      { msg: 'm', ...Object.fromEntries('abcdefghij'.split('').map((name) => [name, 1])) },
      '  m  a=1 b=1 c=1 d=1 e=1 f=1 g=1 h=1 +2 more',
    ],
    ['control characters', { msg: 'a\u001b[31mb\nc\u0007' }, '  a�[31mb ⏎ c�'],
  ]
  test.each(others)('%s', (_, fields, expected) => {
    expect(shown(fields)).toBe(expected)
  })

  test('an event with missing fields is still a line', () => {
    for (const [event] of table) expect(shown({ event })).not.toContain('undefined')
  })

  test('a record without a usable time does not throw', () => {
    expect(renderRecord({ msg: 'x', time: 'never' }, 'n1', plain, 2)).toContain('x')
    expect(renderRecord({ msg: 'x' }, 'n1', plain, 2)).toContain('x')
  })

  test('the node column has the width of the longest name', () => {
    expect(renderRecord({ ...base, msg: 'x' }, 'n1', plain, 3)).toBe('2026-11-21T12:04:09.871Z  n1     x')
  })
})

describe('style', () => {
  const line = { ...base, event: 'node.down', node: n3, why: 'gone' }

  test('a terminal gets colours and a short clock', () => {
    const text = renderRecord(line, 'n1', chooseStyle(true, { TERM: 'xterm' }), 2)
    expect(text).toContain('\u001b[31m✗ down')
    expect(text).toMatch(/\d\d:\d\d:\d\d\.871/)
    expect(text).not.toContain('2026')
  })

  test.each([
    ['NO_COLOR', true, { NO_COLOR: '1', FORCE_COLOR: '1' }],
    ['a dumb terminal', true, { TERM: 'dumb' }],
    ['no terminal', false, {}],
    ['FORCE_COLOR=0', false, { FORCE_COLOR: '0' }],
  ])('no colours with %s', (_, isTerminal, env) => {
    expect(renderRecord(line, 'n1', chooseStyle(isTerminal, env), 2)).not.toContain('\u001b')
  })

  test('FORCE_COLOR colours a pipe', () => {
    expect(renderRecord(line, 'n1', chooseStyle(false, { FORCE_COLOR: '1' }), 2)).toContain('\u001b[31m')
  })

  test('a locale without UTF-8 gets ASCII glyphs', () => {
    expect(renderRecord(line, 'n1', chooseStyle(false, { LANG: 'C' }), 2)).toContain('x down')
    expect(renderRecord(line, 'n1', chooseStyle(false, { LANG: 'C', LC_ALL: 'C.UTF-8' }), 2)).toContain('✗ down')
  })
})

describe('other lines', () => {
  test('text that is no record is shown as it is, without what could steer the terminal', () => {
    expect(renderRaw(parseLine('n1', 'stderr', 'Error: \u001b[2Jboom'), plain, 2)).toBe(`${' '.repeat(24)}  n1  | Error: �[2Jboom`)
  })

  test('--json adds the node and leaves the rest', () => {
    expect(JSON.parse(renderJson(parseLine('n2', 'stdout', '{"level":30,"time":5,"msg":"x"}')))).toEqual({
      level: 30,
      time: 5,
      msg: 'x',
      node: 'n2',
    })
  })

  test('--json keeps the node that an event is about', () => {
    const line: NodeLine = { node: 'n2', stream: 'stdout', raw: '', record: { event: 'node.down', node: n3 } }
    expect(JSON.parse(renderJson(line))).toEqual({ event: 'node.down', about: n3, node: 'n2' })
  })

  test('--json makes a record of plain text', () => {
    expect(JSON.parse(renderJson(parseLine('n2', 'stderr', 'boom')))).toMatchObject({
      level: 40,
      node: 'n2',
      stream: 'stderr',
      msg: 'boom',
    })
  })

  test.each([
    [0.4, '0ms'],
    [999.6, '1s'],
    [1250, '1.3s'],
    [59_999, '1m00s'],
    [125_000, '2m05s'],
  ])('%d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test.each([
    [{ level: 40 }, 40],
    [{ level: 'debug' }, 20],
    [{}, 30],
    [{ level: 'loud' }, 30],
  ])('the level of %j is %d', (record, level) => {
    expect(levelOf(record)).toBe(level)
  })
})
