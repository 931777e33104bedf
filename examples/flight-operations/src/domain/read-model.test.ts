import { expect, test } from 'vitest'
import { type AirportNews, follow, knowsNothing, type ReadModel } from './read-model.ts'

const figures = (departures: number): ReadModel['figures'] => ({ departures, arrivals: 0, delayMinutes: 0, miles: 0 })
const change = (epoch: number, number: number): AirportNews => ({ type: 'change', epoch, number, change: figures(1) })
const standing = (epoch: number, number: number): AirportNews => ({ type: 'standing', epoch, number })
const state = (epoch: number, number: number, departures: number): AirportNews => ({
  type: 'state',
  epoch,
  number,
  figures: figures(departures),
})
const at = (epoch: number, number: number, departures: number): ReadModel => ({ epoch, number, figures: figures(departures) })

test.each<[string, ReadModel, AirportNews, ReadModel, boolean]>([
  ['the next change is applied', at(1, 4, 40), change(1, 5), at(1, 5, 41), false],
  ['a repeated change changes nothing', at(1, 4, 40), change(1, 4), at(1, 4, 40), false],
  ['a gap is noticed', at(1, 4, 40), change(1, 6), at(1, 4, 40), true],
  ['a new epoch is noticed, even by the next number', at(1, 4, 40), change(2, 5), at(1, 4, 40), true],
  ['an old epoch is not listened to', at(2, 4, 40), change(1, 5), at(2, 4, 40), false],
  ['who is fresh is behind', knowsNothing, change(1, 1), knowsNothing, true],
  ['a standing that is further on shows that the last changes were lost', at(1, 4, 40), standing(1, 6), at(1, 4, 40), true],
  ['a standing that is the same is fine', at(1, 4, 40), standing(1, 4), at(1, 4, 40), false],
  ['a state of a new epoch replaces everything', at(1, 9, 90), state(2, 7, 70), at(2, 7, 70), false],
  ['a state that is further on replaces everything', at(1, 4, 40), state(1, 6, 60), at(1, 6, 60), false],
  ['a state that was overtaken on its way does not turn time back', at(1, 8, 80), state(1, 6, 60), at(1, 8, 80), false],
  ['a state of an old epoch is not listened to', at(2, 4, 40), state(1, 9, 90), at(2, 4, 40), false],
])('%s', (_, before, news, model, isBehind) => {
  expect(follow(before, news)).toEqual({ model, isBehind })
})
