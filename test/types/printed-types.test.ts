// What the compiler shows to whoever points at a ref: its protocol as one would write it down, and nothing of how it was inferred.

import { expect, it } from 'vitest'
import { check } from './compiler.ts'

const shop = `
import { actor, createSystem, machineActor } from '@understudy/actors'
import { createMachine } from 'xstate'

interface Order { readonly id: string; readonly lamps: number }

const counter = actor({
  name: 'counter',
  state: (input: { start: number }) => ({ value: input.start, log: [] as string[] }),
  on: {
    add: (state, message: { by: number }) => {
      state.value += message.by
    },
    value: (state) => state.value,
    order: async (_state, message: Order, ctx) => \`\${message.id} at \${ctx.now()}\`,
    later: (_state, _message: { ms: number }, ctx) => ctx.deferReply<boolean>(),
  },
})
const sum = actor({
  name: 'sum',
  receive: (_state, message: { type: 'add'; by: number } | { type: 'more' | 'less'; step?: number } | { type: 'reset' }) => message.type !== 'reset',
})
const light = machineActor(
  createMachine({ types: {} as { events: { type: 'TURN'; to: 'red' | 'green' } | { type: 'OFF' } }, id: 'light' }),
  { replies: {} as { OFF: boolean } },
)

const system = createSystem()
const counterRef = system.spawn(counter, { input: { start: 40 } })
const sumRef = system.spawn(sum)
const lightRef = system.spawn(light)
const byPath = system.ref('/counter', counter)
const value = counterRef.ask({ type: 'value' })
const order = counterRef.ask({ type: 'order', id: 'a', lamps: 1 })
const later = counterRef.ask({ type: 'later', ms: 1 })
const more = sumRef.ask({ type: 'more', step: 2 })
export { byPath, later, light, lightRef, more, order, value }
`

/** The members of a printed object type, in alphabetical order: the compiler has no order of its own. */
function members(type: string): string[] {
  const [, inside] = /^Ref<\{ (.*); \}>$/.exec(type) ?? []
  if (inside === undefined) throw new Error(`not a ref of an object type: ${type}`)
  return inside.split(/; (?=\w+: \()/).toSorted()
}

it('a ref shows its messages, their payloads and replies', () => {
  check(shop, ({ errors, shown }) => {
    expect(errors).toEqual([])
    const protocol = [
      'add: (message: { by: number; }) => void',
      'later: (message: { ms: number; }) => DeferredReply<boolean>',
      'order: (message: Order) => Promise<string>',
      'value: () => number',
    ]
    expect(members(shown('counterRef'))).toEqual(protocol)
    expect(members(shown('byPath'))).toEqual(protocol)
    expect(members(shown('sumRef'))).toEqual([
      'add: (message: { by: number; }) => boolean',
      'less: (message: { step?: number | undefined; }) => boolean',
      'more: (message: { step?: number | undefined; }) => boolean',
      'reset: () => boolean',
    ])
    expect(shown('lightRef')).toMatch(
      /^Ref<MachineProtocol<\{ type: "TURN"; to: "(red" \| "green|green" \| "red)"; \} \| \{ type: "OFF"; \}, \{ OFF: boolean; \}>>$/,
    )
    expect(['value', 'order', 'later', 'more'].map(shown)).toEqual([
      'Promise<number>',
      'Promise<string>',
      'Promise<boolean>',
      'Promise<boolean>',
    ])
  })
})

it.each([
  ['a type name that does not exist', `counterRef.tell({ type: 'subtract', by: 1 })`, /'"subtract"' is not assignable/],
  ['a payload of another type', `counterRef.tell({ type: 'add', by: '1' })`, /'string' is not assignable to type 'number'/],
  ['a payload that is missing', `counterRef.tell({ type: 'add' })`, /not assignable to parameter/],
  ['a field that no payload has', `counterRef.tell({ type: 'value', by: 1 })`, /'by' does not exist/],
  [
    'a reply of another type',
    `const wrong: Promise<string> = counterRef.ask({ type: 'value' })`,
    /'Promise<number>' is not assignable to type 'Promise<string>'/,
  ],
  ['a wrong member of a union', `sumRef.tell({ type: 'multiply' })`, /'"multiply"' is not assignable/],
  ['a message that a machine does not know', `lightRef.tell({ type: 'EXPLODE' })`, /'"EXPLODE"' is not assignable/],
  ['a machine’s payload of another type', `lightRef.tell({ type: 'TURN', to: 'blue' })`, /'"blue"' is not assignable/],
  ['a message of another actor', `system.ref('/sum', sum).tell({ type: 'value' })`, /not assignable/],
])('is refused, in words that name what is wrong: %s', (_what, line, words) => {
  const errors = check(`${shop}\n${line}\n`, (program) => program.errors)
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatch(words)
})
