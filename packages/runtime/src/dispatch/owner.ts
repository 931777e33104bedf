// Whose asynchronous work runs: what a promise or a timer leads back to when nobody waits for it and it fails. An owner is the context
// of one incarnation. Nothing here is made, and asking costs a comparison, until something is owned for the first time.

import { AsyncLocalStorage } from 'node:async_hooks'

let storage: AsyncLocalStorage<object | undefined> | undefined

/**
 * Whether this Node carries contexts by itself (24 and later). Then who sets one pays for it, 0.2 µs a call, and everybody else at most
 * 10 ns for an ask, once there is any. Earlier ones do it by hooks that make every promise of the process dearer (90 → 220 ns an `await`).
 */
export const ownersAreFree = !('_enable' in AsyncLocalStorage.prototype)

/** Who began what runs now, if anybody that is known. */
export function currentOwner(): object | undefined {
  return storage?.getStore()
}

/** Calls `call`; whatever it leaves behind, a promise, a timer or a socket, belongs to `owner`. */
export function ownedBy<A extends readonly unknown[], R>(owner: object, call: (...args: A) => R, ...args: A): R {
  storage ??= new AsyncLocalStorage()
  return storage.run(owner, call, ...(args as never))
}

/** The same for what happens to an owner without its own doing: only where that costs nobody else anything. */
export function ownedIfFree<A extends readonly unknown[], R>(owner: object, call: (...args: A) => R, ...args: A): R {
  return ownersAreFree ? ownedBy(owner, call, ...args) : call(...args)
}

/** Calls `call`; what it leaves behind belongs to nobody. What the runtime plans for all actors must not belong to the one at work. */
export function disowned(call: () => void): void {
  if (currentOwner() === undefined) call()
  else storage!.run(undefined, call)
}
