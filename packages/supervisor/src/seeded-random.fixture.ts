// Random numbers for tests: the same for the same seed.

export { mulberry32 as seededRandom } from './recovery/adaptive/chance.ts'
