// The executor of a dynamic supervisor: makes the spec of each new child from the template, and finds children by their refs.

import { ActorRef } from '@understudy/runtime/spi'
import type { SupervisionControl } from '@understudy/runtime/spi'
import { refuse, unknownChild } from '../call.ts'
import type { CallResult, SpecResult, StartResult } from '../call.ts'
import { Executor } from '../executor.ts'
import type { Intensity } from '../intensity.ts'
import { validateName } from '../spec.ts'
import type { ChildSpec } from '../spec.ts'
import { oneForOne } from '../strategy/one-for-one.ts'
import type { ChildKey, StartMessage } from './dynamic-call.ts'

/** What a dynamic executor is made for. */
export interface DynamicSettings {
  readonly template: ChildSpec
  readonly maxChildren: number
  readonly intensity: Intensity
}

/** The hooks of one incarnation of a dynamic supervisor. */
export class DynamicExecutor extends Executor {
  readonly #template: ChildSpec
  readonly #path: string
  #lastId = 0
  /** Nobody has named a child: a generated id cannot be taken. */
  #idsAreOurs = true

  constructor(control: SupervisionControl, { template, maxChildren, intensity }: DynamicSettings) {
    super(control, { strategy: oneForOne, intensity, children: [], maxChildren })
    this.#template = template
    this.#path = control.path
  }

  startChild({ id, input }: StartMessage<unknown>): StartResult | Promise<StartResult> {
    if (id === undefined) return this.#start(this.#freeId(), input)
    try {
      validateName(id, 'id')
    } catch (error) {
      return refuse('invalid-spec', (error as Error).message)
    }
    this.#idsAreOurs = false
    return this.#start(id, input)
  }

  terminateChild(key: ChildKey): CallResult | Promise<CallResult> {
    const id = this.#idOf(key)
    return id === undefined ? unknownChild('id' in key ? key.id : key.ref) : this.call({ type: 'terminateChild', id })
  }

  getChildSpec(key: ChildKey): SpecResult {
    const id = this.#idOf(key)
    const spec = id === undefined ? undefined : this.spec(id)
    return spec === undefined ? unknownChild('id' in key ? key.id : key.ref) : { ok: true, spec }
  }

  #start(id: string, input: unknown): StartResult | Promise<StartResult> {
    return this.call({ type: 'startChild', spec: { ...this.#template, id, input } })
  }

  #freeId(): string {
    let id: string
    do id = `${this.#template.id}-${++this.#lastId}`
    while (!this.#idsAreOurs && this.spec(id) !== undefined)
    return id
  }

  /** The id of a child that is there; a ref must be to it, not to an earlier one of the same name. Keys may come from anywhere. */
  #idOf(key: ChildKey): string | undefined {
    if ('id' in key) return typeof key.id === 'string' ? key.id : undefined
    const { ref } = key as { readonly ref: unknown }
    if (!ActorRef.is(ref)) return undefined
    const { path, uid } = ref.address
    const id = path.slice(this.#path.length + 1)
    const address = this.child(id)?.ref.address
    return address !== undefined && address.path === path && address.uid === uid ? id : undefined
  }
}
