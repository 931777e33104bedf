// What some actors understand, written down apart from them: those whom they answer would otherwise have to import them, and they these.

import type { AirportChange } from '../domain/book.ts'
import type { AirportNews, ReadModel } from '../domain/read-model.ts'

/** What the feed hears back. */
export type FeedInbox = {
  /** These flights are stored: counted or on the reject list. */
  acknowledged(message: { readonly ids: readonly number[] }): void
}

/** What one airport's tower hears. */
export type TowerInbox = {
  news(message: { readonly news: AirportNews }): void
}

/** What the keeper of a node's towers hears from operations. */
export type TowersInbox = {
  /** What the last stored batch changed at airports that have their tower here. */
  changed(message: { readonly epoch: number; readonly changes: readonly AirportChange[] }): void
  /** All airports that have their tower here, each with the number of its latest change. */
  standing(message: { readonly epoch: number; readonly numbers: Readonly<Record<string, number>> }): void
  /** What every tower of this node knows, by airport. */
  figures(): Promise<Record<string, ReadModel>>
}
