import { expect, test } from 'vitest'
import type { StandardSchema } from '../contracts/schema.ts'
import { expectBalanced, stage } from '../testing/stage.fixture.ts'
import { actor } from './define.ts'
import { admit } from './schemas.ts'

/** A schema as any library makes them. */
function schema(validate: StandardSchema['~standard']['validate'], more: object = {}): StandardSchema {
  return { '~standard': { version: 1, vendor: 'test', validate }, ...more }
}

const byNumber = schema((value) => {
  const { by, ...rest } = (value ?? {}) as { by?: unknown }
  const unknown = Object.keys(rest)
  if (unknown.length > 0) return { issues: [{ message: `unknown: ${unknown.join()}` }] }
  return typeof by === 'number'
    ? { value: { by } }
    : {
        issues: [
          { message: 'not a number', path: ['by'] },
          { message: 'see there', path: [{ key: 0 }] },
        ],
      }
})

const counter = (check: 'inbound' | 'always') =>
  actor({
    name: 'counter',
    state: () => ({ sum: 0 }),
    schema: { add: byNumber },
    schemaCheck: check,
    on: { add: (state, { by }: { by: number }) => (state.sum += by), sum: (state) => state.sum },
  })

test('a message is checked by the schema of its payload, and goes on as the schema makes it', () => {
  const { schemas } = counter('inbound')
  expect(admit({ schemas }, { type: 'add', by: 1, idempotencyKey: 'k' } as never)).toEqual({
    ok: true,
    message: { type: 'add', by: 1, idempotencyKey: 'k' },
  })
  expect(admit({ schemas }, { type: 'sum' })).toEqual({ ok: true, message: { type: 'sum' } })
  expect(admit({}, { type: 'add' })).toMatchObject({ ok: true })
  expect(admit({ schemas }, { type: 'add', by: '1' } as never)).toEqual({
    ok: false,
    why: "'add' is not what its schema wants: by: not a number; 0: see there",
  })
  expect(admit({ schemas }, { type: 'add', by: 1, evil: 2 } as never)).toMatchObject({ ok: false })
})

test('what a schema makes cannot change the type of the message', () => {
  const schemas = new Map([['a', schema(() => ({ value: { type: 'b', x: 1 } }))]])
  expect(admit({ schemas }, { type: 'a' })).toEqual({ ok: true, message: { type: 'a', x: 1 } })
})

test.each([
  ['rejects', schema(() => Promise.reject(new Error('late'))), 'asynchronous'],
  ['is async after all', schema(() => Promise.resolve({ value: {} })), 'asynchronous'],
  ['makes no object', schema(() => ({ value: 1 })), 'does not make an object'],
  [
    'throws',
    schema(() => {
      throw new Error('boom')
    }),
    'threw: Error: boom',
  ],
])('a schema that %s refuses the message', (_what, bad, why) => {
  const admission = admit({ schemas: new Map([['a', bad]]) }, { type: 'a' })
  expect(admission).toMatchObject({ ok: false, why: expect.stringContaining(why) as string })
})

test('messages of this node are checked where the definition wants it, and refused without harm to the actor', async () => {
  for (const check of ['inbound', 'always'] as const) {
    const { env, system } = stage()
    const ref = system.spawn(counter(check))
    ref.tell({ type: 'add', by: '1' } as never)
    const refused = ref.ask({ type: 'add', by: 'x' } as never).catch((error: unknown) => error)
    const sum = ref.ask({ type: 'sum' })
    await env.settle()
    expect(await sum).toBe(check === 'always' ? 0 : '01x')
    if (check === 'always') expect(await refused).toMatchObject({ code: 'MESSAGE_REFUSED', reason: 'invalid' })
    expect(system.deadLetters.counts.invalid).toBe(check === 'always' ? 2 : 0)
    expectBalanced(system)
  }
})

test.each([
  ['schema', 1],
  ['schema.add', { add: {} }],
  ['schema.add', { add: null }],
  ['schema.fly', { fly: byNumber }],
  ['schema.add', { add: schema(async () => ({ value: {} })) }],
  // An async refinement that no sample reaches, as zod keeps it.
  ['schema.add', { add: schema(() => ({ issues: [] }), { _zod: { def: { checks: [{ fn: async () => true }] } } }) }],
  // valibot's mark.
  ['schema.add', { add: schema(() => ({ issues: [] }), { async: true }) }],
])('a bad %s is refused at definition time', (field, bad) => {
  expect(() => actor({ name: 'a', on: { add() {} }, schema: bad } as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', field }) as Error,
  )
})

test('what is no message at all goes on past the schemas, to be refused as one of an unknown type', () => {
  const { schemas } = counter('inbound')
  for (const message of [null, undefined, 5, 'add'] as never[]) expect(admit({ schemas }, message)).toEqual({ ok: true, message })
})
