import { expect, test } from 'vitest'
import { Program } from './random-program.fixture.ts'
import { timedTurns } from './timed-turns.ts'

test('random programs tell the same story whether or not their turns are timed', async () => {
  let steps = 0
  for (let seed = 1; seed <= 200; seed++) {
    const story = await new Program(seed).run()
    const timed = new Program(seed)
    const { env, host } = timed.on
    host.dispatcher.around = timedTurns(env, 0, () => steps++)
    expect(await timed.run(), `seed ${seed}`).toBe(story)
  }
  expect(steps).toBeGreaterThan(200)
})
