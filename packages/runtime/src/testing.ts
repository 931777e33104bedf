// The third door: what tests of any package need. Users get it through the testkit.

export { ManualEnv, type ManualEnvOptions } from './testing/manual-env.ts'
