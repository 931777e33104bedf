// The door for users.

export { ManualEnv, type ManualEnvOptions } from '@understudy/runtime/testing'
