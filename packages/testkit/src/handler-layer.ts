// One more layer around every handler of a definition, whatever its table is made of.

import type { ActorDefinition, Handler, HandlerTable, Middleware, Protocol } from '@understudy/runtime'

/** The same definition with `layer` outermost around all its handlers, also those it becomes later. */
export function withLayer<I>(definition: ActorDefinition<Protocol, I>, layer: Middleware): ActorDefinition<Protocol, I> {
  return {
    ...definition,
    handlers: new LayeredTable(definition.handlers, layer),
    middleware: [layer, ...(definition.middleware ?? [])],
  }
}

/** Asks the table beneath for each type, as it may answer for types that it does not list (one `receive` for all does). */
class LayeredTable implements HandlerTable {
  readonly #beneath: HandlerTable
  readonly #layer: Middleware
  readonly #wrapped = new WeakMap<Handler, Handler>()

  constructor(beneath: HandlerTable, layer: Middleware) {
    this.#beneath = beneath
    this.#layer = layer
  }

  find(type: string): Handler | undefined {
    const handler = this.#beneath.find(type)
    if (handler === undefined) return undefined
    let wrapped = this.#wrapped.get(handler)
    if (wrapped === undefined) this.#wrapped.set(handler, (wrapped = this.#layer(handler)))
    return wrapped
  }

  keys(): Iterable<string> {
    return this.#beneath.keys()
  }
}
