// Checks messages against the schemas of their receiver: where they enter the node, and locally where a definition wants that too.

import type { Handler } from '../contracts/handling.ts'
import type { Message } from '../contracts/message.ts'
import type { MessageSchemas, SchemaIssue, StandardSchema } from '../contracts/schema.ts'
import { describeCause } from '../contracts/exit-reason.ts'
import { InvalidOptionError } from '../errors.ts'
import { asPromise, isThenable } from './thenable.ts'

/** A message that may go on, as its schema makes it; or why it may not. */
export type Admission = { readonly ok: true; readonly message: Message } | { readonly ok: false; readonly why: string }

/**
 * Checks a message that enters this node against the schemas of whom it is for. Types without a schema go on as they are. Never throws.
 */
export function admit(to: { readonly schemas?: MessageSchemas | undefined }, message: Message): Admission {
  const schema = to.schemas?.get((message as Message | null | undefined)?.type as string)
  if (schema === undefined) return { ok: true, message }
  // The schema describes the payload: a strict one would not know of `type`.
  const { type, idempotencyKey, ...payload } = message
  try {
    const result = schema['~standard'].validate(payload)
    if (isThenable(result)) {
      asPromise(result).catch(() => {})
      return { ok: false, why: `the schema of '${type}' is asynchronous` }
    }
    if (result.issues !== undefined) return { ok: false, why: `'${type}' is not what its schema wants: ${describe(result.issues)}` }
    const value: unknown = result.value
    if (typeof value !== 'object' || value === null) return { ok: false, why: `the schema of '${type}' does not make an object` }
    return { ok: true, message: { ...value, type, ...(idempotencyKey !== undefined && { idempotencyKey }) } }
  } catch (cause) {
    return { ok: false, why: `the schema of '${type}' threw: ${describeCause(cause)}` }
  }
}

const shownIssues = 5

function describe(issues: readonly SchemaIssue[]): string {
  const shown = issues.slice(0, shownIssues).map(({ message, path }) => {
    const at = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
    return at === '' ? message : `${at}: ${message}`
  })
  return shown.join('; ') + (issues.length > shownIssues ? `; and ${issues.length - shownIssues} more` : '')
}

/** Puts the check before a handler: a message that fails it is refused as one from another node is. */
export function checkedHandler(schemas: MessageSchemas, handler: Handler): Handler {
  return (state, message: Message, ctx: { refuse(why: string): void }) => {
    const admission = admit({ schemas }, message)
    if (admission.ok) return handler(state, admission.message, ctx)
    ctx.refuse(admission.why)
    return undefined
  }
}

/** Reads the schemas of a definition. @throws InvalidOptionError naming the field, also for an asynchronous schema. */
export function messageSchemas(schema: unknown, handles: (type: string) => boolean): MessageSchemas | undefined {
  if (schema === undefined) return undefined
  if (typeof schema !== 'object' || schema === null)
    throw new InvalidOptionError('schema', schema, 'an object with a schema per message type')
  const schemas = new Map<string, StandardSchema>()
  for (const [type, one] of Object.entries(schema) as [string, StandardSchema][]) {
    const at = `schema.${type}`
    if (!handles(type)) throw new InvalidOptionError(at, 'there', 'left out: no handler has that type')
    // Some libraries' schemas are functions.
    const standard = one === null || one === undefined ? undefined : one['~standard']
    if (standard?.version !== 1 || typeof standard.validate !== 'function')
      throw new InvalidOptionError(at, typeof one, 'a Standard Schema of version 1, such as those of zod, valibot or arktype')
    if (isAsync(one))
      throw new InvalidOptionError(at, 'asynchronous', 'a synchronous schema: a message is checked before it is queued, in order')
    schemas.set(type, one)
  }
  return schemas
}

/** @throws InvalidOptionError unless `value` says when schemas are looked at (or is undefined). */
export function checkSchemaCheck(value: unknown): void {
  if (value !== undefined && value !== 'inbound' && value !== 'always')
    throw new InvalidOptionError('schemaCheck', value, "'inbound' or 'always'")
}

const samples: readonly unknown[] = [undefined, null, {}, [], '', 0]
const mostNodes = 2000

/**
 * Whether a schema is asynchronous. Tried out first; as an async refinement is not reached by a value that is wrong anyhow, the schema
 * is also searched for `async: true` (valibot) and async functions (zod). What hides from both is refused when it validates.
 */
function isAsync(schema: StandardSchema): boolean {
  for (const sample of samples) {
    try {
      const result = schema['~standard'].validate(sample)
      if (!isThenable(result)) continue
      asPromise(result).catch(() => {})
      return true
    } catch {
      // Not made for this sample.
    }
  }
  const seen = new Set<object>()
  const rest: unknown[] = [schema]
  while (rest.length > 0 && seen.size < mostNodes) {
    const node = rest.pop()
    if ((typeof node !== 'object' && typeof node !== 'function') || node === null || seen.has(node)) continue
    seen.add(node)
    if (typeof node === 'function' && Object.prototype.toString.call(node) === '[object AsyncFunction]') return true
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(node))) {
      if (key === 'async' && value === true) return true
      rest.push(value)
    }
  }
  return false
}
