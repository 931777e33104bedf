// From what users write to what the message path looks up: handlers by type, wrapped by middleware when there is any.

import type { Handler, HandlerTable, Middleware } from '../contracts/handling.ts'
import { InvalidOptionError } from '../errors.ts'

/** Handlers by type, or one for all types. Mostly one or two types take turns: they cost comparisons, not a look-up (7 to 15 ns). */
class TypeTable implements HandlerTable {
  readonly #handlers: ReadonlyMap<string, Handler>
  readonly #receive: Handler | undefined
  #lastType: string | undefined
  #last: Handler | undefined
  #otherType: string | undefined
  #other: Handler | undefined

  constructor(handlers: ReadonlyMap<string, Handler>, receive?: Handler) {
    this.#handlers = handlers
    this.#receive = receive
  }

  find(type: string): Handler | undefined {
    if (type === this.#lastType) return this.#last
    return type === this.#otherType ? this.#other : this.#lookUp(type)
  }

  keys(): Iterable<string> {
    return this.#handlers.keys()
  }

  #lookUp(type: string): Handler | undefined {
    // What has no type is no message; see `handleMessages`.
    const handler = typeof type === 'string' ? (this.#receive ?? this.#handlers.get(type)) : undefined
    if (handler === undefined) return undefined
    this.#otherType = this.#lastType
    this.#other = this.#last
    this.#lastType = type
    this.#last = handler
    return handler
  }
}

/** The table of handlers by type that need no wrapping. */
export function tableOf(handlers: ReadonlyMap<string, Handler>): HandlerTable {
  return new TypeTable(handlers)
}

const noneByName: ReadonlyMap<string, Handler> = new Map()

/** The table of those that handle no messages. */
export const noHandlers: HandlerTable = new TypeTable(noneByName)

/** Makes the table of a record of handlers, or of one `receive`. The first middleware is the outermost. @throws InvalidOptionError */
export function handlerTable(on: unknown, middleware: readonly Middleware[] = [], field = 'on'): HandlerTable {
  const wrap = (handler: Handler): Handler => middleware.reduceRight((next, layer) => layer(next), handler)
  if (typeof on === 'function') return new TypeTable(noneByName, wrap(on as Handler))
  if (typeof on !== 'object' || on === null) throw new InvalidOptionError(field, on, 'an object with a handler per message type')
  const table = new Map<string, Handler>()
  for (const [type, handler] of Object.entries(on)) {
    if (typeof handler !== 'function') throw new InvalidOptionError(`${field}.${type}`, handler, 'a function (state, message, ctx)')
    table.set(type, wrap(handler as Handler))
  }
  return new TypeTable(table)
}

/** The tables that an incarnation has put before its own: the last one handles. Created with the first `become`. */
export class Behaviors {
  readonly #stack: HandlerTable[] = []
  readonly #tables = new WeakMap<object, HandlerTable>()

  /** Makes `on` the present behaviour; a record or function used before is not wrapped again. */
  push(on: object, middleware: readonly Middleware[] | undefined): HandlerTable {
    let table = this.#tables.get(on)
    if (table === undefined) {
      table = handlerTable(on, middleware, 'become')
      this.#tables.set(on, table)
    }
    this.#stack.push(table)
    return table
  }

  /** Goes back to the behaviour before; undefined when that is the definition's own. */
  pop(): HandlerTable | undefined {
    this.#stack.pop()
    return this.#stack.at(-1)
  }
}
