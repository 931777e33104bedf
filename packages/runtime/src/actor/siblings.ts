// The children of an actor: an intrusive list in start order, so that a child costs no entry anywhere.

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
