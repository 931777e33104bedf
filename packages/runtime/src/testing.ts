// The third door: what tests of any package need. Users get it through the testkit.

export { expectBalanced } from './testing/balance.ts'
export { ManualEnv, type ManualEnvOptions } from './testing/manual-env.ts'
export { redefine } from './testing/redefine.ts'
