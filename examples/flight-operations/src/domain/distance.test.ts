import { expect, test } from 'vitest'
import { greatCircleMiles } from './distance.ts'

test('known distances come out, also across the date line and between poles', () => {
  const at = (latitude: number, longitude: number): { latitude: number; longitude: number } => ({ latitude, longitude })
  expect(greatCircleMiles(at(0, 0), at(0, 0))).toBe(0)
  expect(greatCircleMiles(at(0, 179.5), at(0, -179.5))).toBeCloseTo(69.09, 1)
  expect(greatCircleMiles(at(90, 0), at(-90, 0))).toBeCloseTo(12_436.8, 0)
  expect(greatCircleMiles(at(40.63975, -73.778925), at(33.942536, -118.408075))).toBeCloseTo(2_469, 0)
})
