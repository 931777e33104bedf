// From what users write to what the message path looks up: handlers by type, wrapped by middleware when there is any.

import type { Handler, HandlerTable, Middleware } from '../contracts/handling.ts'
import { InvalidOptionError } from '../errors.ts'

/** The table of an actor with one `receive` for all messages: whatever type a message has, it is handled there. */
class ReceiveTable extends Map<string, Handler> {
  readonly #receive: Handler

  constructor(receive: Handler) {
    super()
    this.#receive = receive
  }

  // What has no type is no message; see the cell.
  override get(type: string): Handler | undefined {
    return typeof type === 'string' ? this.#receive : undefined
  }
}

/** Makes the table of a record of handlers, or of one `receive`. The first middleware is the outermost. @throws InvalidOptionError */
export function handlerTable(on: unknown, middleware: readonly Middleware[] = [], field = 'on'): HandlerTable {
  const wrap = (handler: Handler): Handler => middleware.reduceRight((next, layer) => layer(next), handler)
  if (typeof on === 'function') return new ReceiveTable(wrap(on as Handler))
  if (typeof on !== 'object' || on === null) throw new InvalidOptionError(field, on, 'an object with a handler per message type')
  const table = new Map<string, Handler>()
  for (const [type, handler] of Object.entries(on)) {
    if (typeof handler !== 'function') throw new InvalidOptionError(`${field}.${type}`, handler, 'a function (state, message, ctx)')
    table.set(type, wrap(handler as Handler))
  }
  return table
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
