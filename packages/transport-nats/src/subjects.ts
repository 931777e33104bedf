// Every subject and stream name that Understudy uses on NATS, in one table. All begin with `us`, so one permission covers them.

import type { NodeIdentity } from '@understudy/runtime/spi'

/** Keys are dot-separated tokens, so that a prefix ending at a dot is one wildcard; 180 characters keep every subject under 256. */
const key = /^(?=.{1,180}$)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
const prefix = /^(?=.{0,180}$)([A-Za-z0-9_-]+\.)*$/
const nodeToken = /^([A-Za-z0-9_-]{1,64})\.(\d{1,15})$/

/** Where each node hears that a connection ended, if the server's accounts import that event (see docs of `nats`). */
export const disconnectEvents = 'us.sys.disconnect'

/** The names of one cluster on NATS. */
export interface Subjects {
  /** Frames for one life of one node. */
  inbox(node: NodeIdentity): string
  /** Broadcasts to every node. */
  readonly broadcast: string
  /** The stream that holds the store. */
  readonly stream: string
  /** Where a key is written. */
  stored(key: string): string
  /** All keys that begin with a prefix, as a filter. */
  storedBelow(prefix: string): string
  /** Where a change of a key is heard: the stream republishes there. */
  changesBelow(prefix: string): string
  /** The key of a stored subject, or of a subject on which a change was heard; `undefined` when it is neither. */
  keyOf(subject: string): string | undefined
}

/** The table for a cluster's name. */
export function subjectsOf(cluster: string): Subjects {
  const stored = `usj.${cluster}.`
  const changed = `us.${cluster}.kv.`
  return {
    inbox: (node) => `us.${cluster}.n.${node.name}.${node.incarnation}`,
    broadcast: `us.${cluster}.b`,
    stream: `US_${cluster}`,
    stored: (name) => stored + name,
    storedBelow: (below) => `${stored}${below}>`,
    changesBelow: (below) => `${changed}${below}>`,
    keyOf(subject) {
      const found = subject.startsWith(stored)
        ? subject.slice(stored.length)
        : subject.startsWith(changed)
          ? subject.slice(changed.length)
          : ''
      return isKey(found) ? found : undefined
    },
  }
}

/** Whether a text may be a key of the store: dot-separated tokens of `[A-Za-z0-9_-]`, at most 180 characters. */
export function isKey(text: string): boolean {
  return key.test(text)
}

/** Whether a text may be a prefix of keys: empty, or tokens that each end at a dot. */
export function isPrefix(text: string): boolean {
  return prefix.test(text)
}

/** Writes an identity as two subject tokens. */
export function formatNodeTokens(node: NodeIdentity): string {
  return `${node.name}.${node.incarnation}`
}

/** Reads what `formatNodeTokens` writes; `undefined` for anything else. */
export function parseNodeTokens(text: string): NodeIdentity | undefined {
  const match = nodeToken.exec(text)
  return match === null ? undefined : { name: match[1]!, incarnation: Number(match[2]) }
}
