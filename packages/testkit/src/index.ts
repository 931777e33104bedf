// The door for users.

export { ManualEnv, type ManualEnvOptions } from './manual-env.ts'
