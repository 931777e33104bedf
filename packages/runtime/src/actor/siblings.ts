// The children of an actor: an intrusive list in start order, so that a child costs no entry anywhere, and an actor without any one
// empty field.

import { isActorName, sameNode } from '../contracts/address.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Host } from '../contracts/host.ts'
import { InvalidOptionError, NameTakenError } from '../errors.ts'

/** A member of such a list. */
export interface Sibling<T> {
  nextSibling: T | null
  previousSibling: T | null
}

/** The children of one actor. Created with the first one. */
export class Children<T extends Sibling<T>> {
  first: T | null = null
  last: T | null = null
  /** Only those that were given a name. */
  readonly named = new Map<string, T>()

  /** Adds a child: the youngest, or one that stands before another. */
  add(child: T, before: T | null): void {
    const previous = before === null ? this.last : before.previousSibling
    child.previousSibling = previous
    child.nextSibling = before
    if (previous === null) this.first = child
    else previous.nextSibling = child
    if (before === null) this.last = child
    else before.previousSibling = child
  }

  /** Takes a child out. */
  detach(child: T): void {
    if (child.previousSibling === null) this.first = child.nextSibling
    else child.previousSibling.nextSibling = child.nextSibling
    if (child.nextSibling === null) this.last = child.previousSibling
    else child.nextSibling.previousSibling = child.previousSibling
    child.nextSibling = null
    child.previousSibling = null
  }
}

/** A child, as far as its stop needs it. */
interface Stoppable {
  readonly entry: Endpoint
  stop(): void
}

/** An actor with children. */
interface Parent<T> {
  readonly children: { readonly first: T | null; readonly named: ReadonlyMap<string, T> } | null
  readonly path: string
  readonly host: Host
}

/** @throws InvalidOptionError @throws NameTakenError unless a child may have that name. */
export function checkName(
  parent: { readonly path: string; readonly children: { readonly named: ReadonlyMap<string, unknown> } | null },
  name: string,
): void {
  if (!isActorName(name)) throw new InvalidOptionError('name', name, '1 to 128 characters of [A-Za-z0-9_.~$@:-]')
  if (parent.children?.named.has(name) === true) throw new NameTakenError(`an actor already lives at ${parent.path}/${name}`)
}

/** Stops the child behind an endpoint. @throws InvalidOptionError when it never was one. */
export function stopChild<T extends Sibling<T> & Stoppable>(parent: Parent<T>, endpoint: Endpoint): void {
  const child = childBehind(parent, endpoint)
  if (child !== undefined) {
    child.stop()
    return
  }
  const { node, path, uid } = endpoint.address
  const name = path.startsWith(`${parent.path}/`) ? path.slice(parent.path.length + 1) : ''
  if (!sameNode(node, parent.host.identity) || !isActorName(name))
    throw new InvalidOptionError('child', path, `a ref to a child of ${parent.path}`)
  // A ref by path is whoever has that name now. One that is gone already is fine: it may have ended a moment ago.
  if (uid === 0) parent.children?.named.get(name)?.stop()
}

/** Most endpoints are cells and know their parent; only what stands before a cell (a pool's router) has to be looked for. */
function childBehind<T extends Sibling<T> & Stoppable>(parent: Parent<T>, endpoint: Endpoint): Stoppable | undefined {
  if ('parent' in endpoint) return endpoint.parent === parent ? (endpoint as unknown as Stoppable) : undefined
  for (let child = parent.children?.first ?? null; child !== null; child = child.nextSibling) if (child.entry === endpoint) return child
  return undefined
}
