// How a tower follows the book without ever asking for all of it: numbered changes, and a fresh state whenever it cannot be sure.

import { type AirportFigures, noFlightsAtAirport, plusAirport } from './totals.ts'

/** What a tower knows of its airport. Epoch 0 means: nothing yet. */
export interface ReadModel {
  readonly epoch: number
  /** The number of the latest change that `figures` contains. */
  readonly number: number
  readonly figures: AirportFigures
}

/** What operations says about an airport: one change, how far the book is, or all there is to know. */
export type AirportNews =
  | { readonly type: 'change'; readonly epoch: number; readonly number: number; readonly change: AirportFigures }
  | { readonly type: 'standing'; readonly epoch: number; readonly number: number }
  | { readonly type: 'state'; readonly epoch: number; readonly number: number; readonly figures: AirportFigures }

export const knowsNothing: ReadModel = { epoch: 0, number: 0, figures: noFlightsAtAirport }

/** Takes the news in. `isBehind` says that something is missing and a fresh state should be asked for. Old and repeated news change nothing. */
export function follow(model: ReadModel, news: AirportNews): { readonly model: ReadModel; readonly isBehind: boolean } {
  if (news.epoch < model.epoch) return { model, isBehind: false }
  const isNewEpoch = news.epoch > model.epoch
  if (news.type === 'state') {
    const { epoch, number, figures } = news
    return { model: isNewEpoch || number > model.number ? { epoch, number, figures } : model, isBehind: false }
  }
  // Another leader may have started from an older book than this tower has seen, for all the tower knows.
  if (isNewEpoch) return { model, isBehind: true }
  if (news.type === 'standing') return { model, isBehind: news.number > model.number }
  if (news.number > model.number + 1) return { model, isBehind: true }
  if (news.number <= model.number) return { model, isBehind: false }
  return { model: { epoch: model.epoch, number: news.number, figures: plusAirport(model.figures, news.change) }, isBehind: false }
}
