import { expect, test } from 'vitest'
import { readOptions } from './options.ts'

test('without options it runs at three times its speed', () => {
  expect(readOptions([])).toEqual({ seed: 7, fast: false, speed: 3, help: false })
})

test('what is given is taken', () => {
  expect(readOptions(['--seed', '12', '--speed', '10'])).toMatchObject({ seed: 12, speed: 10 })
  expect(readOptions(['--fast'])).toMatchObject({ fast: true })
})

test.each<[string[], RegExp]>([
  [['--seed', '-1'], /--seed/],
  [['--seed=1.5'], /--seed is '1.5'; it must be a whole number .*\ntry: pnpm gateway --seed 1$/],
  [['--speed', '0'], /--speed is '0'; it must be a whole number from 1 to 60\ntry: pnpm gateway --speed 2$/],
  [['--speed', '5', '--fast'], /--speed says nothing\ntry: pnpm gateway --fast$/],
  [['--slow'], /--slow.*\ntry: pnpm gateway --help$/],
  [['extra'], /extra/],
])('%j is refused with what to type', (args, message) => {
  expect(() => readOptions(args)).toThrow(message)
})
