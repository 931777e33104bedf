// The children of an actor: an intrusive list in start order, so that a child costs no entry anywhere.

import { isActorName, sameNode } from '../contracts/address.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Host } from '../contracts/host.ts'
import { InvalidOptionError, NameTakenError } from '../errors.ts'

/** A member of such a list, which may be the head of one itself. */
export interface Sibling<T> {
  firstChild: T | null
  lastChild: T | null
  nextSibling: T | null
  previousSibling: T | null
}

/** Adds the youngest child. */
export function append<T extends Sibling<T>>(parent: T, child: T): void {
  child.previousSibling = parent.lastChild
  if (parent.lastChild === null) parent.firstChild = child
  else parent.lastChild.nextSibling = child
  parent.lastChild = child
}

/** Takes a child out. */
export function detach<T extends Sibling<T>>(parent: T, child: T): void {
  if (child.previousSibling === null) parent.firstChild = child.nextSibling
  else child.previousSibling.nextSibling = child.nextSibling
  if (child.nextSibling === null) parent.lastChild = child.previousSibling
  else child.nextSibling.previousSibling = child.previousSibling
  child.nextSibling = null
  child.previousSibling = null
}

/** An actor with children. */
interface Parent<T> {
  readonly firstChild: T | null
  readonly path: string
  readonly host: Host
}

/** @throws InvalidOptionError @throws NameTakenError unless a child may have that name. */
export function checkName(
  parent: { readonly path: string; readonly namedChildren: ReadonlyMap<string, unknown> | null },
  name: string,
): void {
  if (!isActorName(name)) throw new InvalidOptionError('name', name, '1 to 128 characters of [A-Za-z0-9_.~$@:-]')
  if (parent.namedChildren?.has(name) === true) throw new NameTakenError(`${parent.path}/${name}`)
}

/** Stops the child behind an endpoint. @throws InvalidOptionError when it never was one. */
export function stopChild<T extends Sibling<T> & Endpoint & { readonly entry: Endpoint }>(parent: Parent<T>, endpoint: Endpoint): void {
  const child = childBehind(parent, endpoint)
  if (child !== undefined) {
    child.signal({ type: 'stop', reason: 'shutdown' })
    return
  }
  // One that is gone already is fine: it may have ended a moment ago.
  const { node, path } = endpoint.address
  const name = path.startsWith(`${parent.path}/`) ? path.slice(parent.path.length + 1) : ''
  if (!sameNode(node, parent.host.identity) || !isActorName(name))
    throw new InvalidOptionError('child', path, `a ref to a child of ${parent.path}`)
}

/** Most endpoints are cells and know their parent; only what stands before a cell (a pool's router) has to be looked for. */
function childBehind<T extends Sibling<T> & Endpoint & { readonly entry: Endpoint }>(
  parent: Parent<T>,
  endpoint: Endpoint,
): Endpoint | undefined {
  if ('parent' in endpoint) return endpoint.parent === parent ? endpoint : undefined
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) if (child.entry === endpoint) return child
  return undefined
}
