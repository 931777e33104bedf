// The context of an actor under `behaviorTest`: what reaches beyond the actor becomes an effect; the rest is the runtime's own context.

import type { ActorContext, ActorDefinition, Address, AnyRef, Message, Protocol, Ref, SpawnOptions } from '@understudy/runtime'
import { InvalidOptionError, NameTakenError } from '@understudy/runtime'
import type { Effect } from './effect.ts'
import { type InboxEndpoint, pathOf } from './inbox.ts'

/** What an effect context works with. */
export interface EffectSink {
  readonly self: Ref<Protocol>
  readonly report: (effect: Effect) => void
  /** The inbox at an address, made if need be. */
  inboxAt(address: Address): InboxEndpoint
  isInbox(path: string): boolean
  nextName(definition: ActorDefinition<never, never>): string
}

type AnyDefinition = ActorDefinition<never, never>

// Methods that only look, or whose message shows as an effect of its own; all others that this file does not know are `called`.
const silent = new Set(['now', 'random', 'service', 'guard', 'toString', 'ask', 'forward'])

/** A context that reports what is done with it. */
export function effectContext(ctx: ActorContext<Protocol>, sink: EffectSink): ActorContext<Protocol> {
  const { report } = sink
  const known = {
    spawn(definition: AnyDefinition, options: SpawnOptions<unknown> = {}): AnyRef {
      const path = `${ctx.path}/${options.name ?? sink.nextName(definition)}`
      if (sink.isInbox(path)) throw new NameTakenError(path)
      const { input } = options
      report({ type: 'spawned', path, definition, ...(input !== undefined && { input }) })
      return sink.inboxAt({ node: ctx.self.address.node, path, uid: 0 }).ref
    },
    stop(child?: AnyRef): void {
      const path = child === undefined ? ctx.path : pathOf(child)
      if (child !== undefined && !path.startsWith(`${ctx.path}/`))
        throw new InvalidOptionError('child', path, `a ref to a child of ${ctx.path}`)
      report({ type: 'stopped', path })
      if (child === undefined) ctx.stop()
    },
    watch(target: AnyRef): void {
      report({ type: 'watched', path: pathOf(target) })
      ctx.watch(target)
    },
    unwatch(target: AnyRef): void {
      report({ type: 'unwatched', path: pathOf(target) })
      ctx.unwatch(target)
    },
    after(key: string, delayMs: number, message: Message): void {
      report({ type: 'timer-set', key, delayMs, repeats: false, message })
    },
    every(key: string, delayMs: number, message: Message): void {
      report({ type: 'timer-set', key, delayMs, repeats: true, message })
    },
    cancel(key: string): void {
      report({ type: 'timer-cancelled', key })
    },
    ref: (address: Address): AnyRef => sink.inboxAt(address).ref,
    get self(): Ref<Protocol> {
      return sink.self
    },
  }
  return new Proxy(ctx, {
    get(target, name) {
      if (Object.hasOwn(known, name)) return known[name as keyof typeof known]
      // With the target as receiver: the context keeps what it is in private fields.
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (!silent.has(String(name))) report({ type: 'called', method: String(name), arguments: args })
        return (value as (...args: unknown[]) => unknown).apply(target, args)
      }
    },
  })
}

/** Whether a value is a context, among the arguments of a hook. */
export function isContext(value: unknown): value is ActorContext<Protocol> {
  return typeof value === 'object' && value !== null && 'self' in value && 'spawn' in value && 'incarnation' in value
}
