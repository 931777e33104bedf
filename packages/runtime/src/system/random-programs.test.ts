// Random programs of actors, from seeds: whatever they do to each other, the books balance, lives move as they may, nobody is left
// behind, and the same seed tells the same story.

import { expect, test } from 'vitest'
import type { Cell } from '../actor/cell.ts'
import { lifeCycle } from '../actor/life.ts'
import { type LifeState, legalMoves } from '../contracts/lifecycle.ts'
import { Program } from './random-program.fixture.ts'

/** Checks every move of every life while `run` runs. */
async function withCheckedLives<T>(run: () => Promise<T>): Promise<T> {
  const illegal: string[] = []
  const lives = new WeakMap<Cell, LifeState>()
  const start = lifeCycle.start.bind(lifeCycle)
  lifeCycle.start = (cell) => {
    if (!lives.has(cell)) {
      lives.set(cell, cell.life)
      Object.defineProperty(cell, 'life', {
        get: () => lives.get(cell)!,
        set(next: LifeState) {
          const now = lives.get(cell)!
          // The first `starting` is what it was made with.
          if (next !== now && !legalMoves[now].includes(next)) illegal.push(`${cell.path}: ${now} to ${next}`)
          lives.set(cell, next)
        },
      })
    }
    start(cell)
  }
  try {
    const value = await run()
    if (illegal.length > 0) throw new Error(illegal.join(', '))
    return value
  } finally {
    lifeCycle.start = start
  }
}

const seeds = 1000

test('random programs balance their books, move their lives legally, leave nobody behind, and repeat exactly by seed', async () => {
  const stories = new Set<string>()
  for (let seed = 1; seed <= seeds; seed++) {
    const story = await withCheckedLives(() => new Program(seed).run()).catch((cause: unknown) => {
      throw new Error(`seed ${seed}`, { cause })
    })
    expect(await new Program(seed).run(), `seed ${seed} again`).toBe(story)
    stories.add(story)
  }
  expect(stories.size).toBe(seeds)
})
