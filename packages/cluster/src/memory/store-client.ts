// The store of a memory network as one node reaches it: through its link, so late, and unavailable when the link or the store is.

import { type KeyValueStore, StoreUnavailableError } from '@understudy/runtime/spi'
import type { MemoryStore } from './store.ts'

/** The way to the server and back, as a link has it. */
export interface ServerPath {
  /** Runs `serve` at the server and brings its result back; fails with `lost()` when the connection is lost on the way, there or back. */
  roundTrip<T>(serve: () => T, lost: () => Error): Promise<T>
  /** Calls back with something the server sends, unless the connection is lost by then. */
  deliver(run: () => void): void
}

/** The contract's store in front of the shared one. */
export function storeClient(store: MemoryStore, link: ServerPath): KeyValueStore {
  const call = <T>(what: string, serve: () => T): Promise<T> => {
    const lost = () => new StoreUnavailableError(what, 'the connection is lost')
    return link.roundTrip(() => {
      if (store.isDown) throw new StoreUnavailableError(what, 'the store is down')
      return serve()
    }, lost)
  }
  return {
    write(key, value, condition, options) {
      const bytes = value.slice()
      return call(`write of '${key}'`, () => store.write(key, bytes, condition, options))
    },
    read: (key) => call(`read of '${key}'`, () => store.read(key)),
    readTogether: (keys) => call(`read of ${keys.length} keys`, () => keys.flatMap((key) => store.read(key) ?? [])),
    list: (prefix) => call(`list of '${prefix}'`, () => store.list(prefix)),
    watch(prefix, onChange) {
      let isWatching = true
      const stop = store.watch(prefix, (change) => {
        link.deliver(() => {
          if (isWatching) onChange(change)
        })
      })
      return () => {
        isWatching = false
        stop()
      }
    },
  }
}
