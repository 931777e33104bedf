// Where an actor lives: which node, which life of that node, which path, which actor at that path.

/** A node's name together with its incarnation: which life of that node is meant. */
export interface NodeIdentity {
  /** The node's name: 1 to 64 characters of `[A-Za-z0-9_-]`. */
  readonly name: string
  /** Which life of the node: grows with every join. `0` for a system that is not part of a cluster. */
  readonly incarnation: number
}

/** The full address of an actor, unique over the life of a cluster. */
export interface Address {
  readonly node: NodeIdentity
  /** Slash-separated names from the root, such as `/shop/jobs/w-2`. */
  readonly path: string
  /** Tells apart actors that lived at one path one after another; `0` means "whoever lives there now". */
  readonly uid: number
}

/** Longest accepted path, in characters: bounds what a hostile address can make anyone allocate. */
export const maxPathLength = 1024

const nodeName = /^[A-Za-z0-9_-]{1,64}$/
const segment = /^[A-Za-z0-9_.~$@:-]{1,128}$/
const address = /^us:\/\/([A-Za-z0-9_-]{1,64})~(\d{1,15})(\/[^#]*)#(\d{1,15})$/

/** Whether a text may name a node: 1 to 64 characters of `[A-Za-z0-9_-]` (it becomes part of a subject). */
export function isNodeName(text: string): boolean {
  return nodeName.test(text)
}

/** Whether a text may name an actor: 1 to 128 characters of `[A-Za-z0-9_.~$@:-]`. */
export function isActorName(text: string): boolean {
  return segment.test(text)
}

/** Whether a text is an absolute path of valid actor names, at most `maxPathLength` characters. */
export function isPath(text: string): boolean {
  if (text.length > maxPathLength || text.length < 2 || text[0] !== '/') return false
  return text.slice(1).split('/').every(isActorName)
}

/** Writes an address as text: `us://node~incarnation/path#uid`. */
export function formatAddress(at: Address): string {
  return `us://${at.node.name}~${at.node.incarnation}${at.path}#${at.uid}`
}

/** Reads an address from text; `undefined` when it is not one. Never throws, whatever the input. */
export function parseAddress(text: unknown): Address | undefined {
  if (typeof text !== 'string' || text.length > maxPathLength + 128) return undefined
  const match = address.exec(text)
  if (match === null || !isPath(match[3]!)) return undefined
  return { node: { name: match[1]!, incarnation: Number(match[2]) }, path: match[3]!, uid: Number(match[4]) }
}

/** Whether two identities mean the same life of the same node. */
export function sameNode(a: NodeIdentity, b: NodeIdentity): boolean {
  return a.name === b.name && a.incarnation === b.incarnation
}
