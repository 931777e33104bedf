import { expect, test } from 'vitest'
import { defaultRate, readDemoOptions, readNodeOptions } from './options.ts'

test('without options there are three nodes, faults, and the real flights', () => {
  expect(readDemoOptions([])).toMatchObject({ nodes: 3, faults: true, json: false, seed: 2001, rate: undefined })
  expect(readDemoOptions([]).data).toMatch(/flights-20k\.json$/)
})

test('what is given is taken', () => {
  const args = ['--nodes', '1', '--no-faults', '--data', 'x.json', '--rate', '50', '--seed', '7', '--json']
  expect(readDemoOptions(args)).toMatchObject({ nodes: 1, faults: false, data: 'x.json', rate: 50, seed: 7, json: true })
  expect(readNodeOptions(['--seed', '3'])).toMatchObject({ seed: 3 })
})

test.each<[string[], RegExp]>([
  [['--nodes', '0'], /--nodes is '0'; it must be a whole number from 1 to 9/],
  [['--nodes', '1'], /somebody must be left/],
  [['--rate', '1.5'], /--rate is '1.5'/],
  [['--seed', 'x'], /--seed is 'x'/],
  [['--data'], /--data/],
  [['--what'], /--what/],
  [['extra'], /extra/],
])('%j is refused with what to do', (args, message) => {
  expect(() => readDemoOptions(args)).toThrow(message)
})

test('the default pace takes 18 s, but few flights do not crawl', () => {
  expect(defaultRate(20_000)).toBe(1_112)
  expect(defaultRate(10)).toBe(100)
})
