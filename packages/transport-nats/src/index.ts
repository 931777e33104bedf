// The door for users: Understudy on NATS, and a nats-server for development.

export type { NatsCluster, NatsClusterOptions } from './dev-server/cluster.ts'
export { startNatsCluster } from './dev-server/cluster.ts'
export type { FindAttempt } from './dev-server/errors.ts'
export { NatsServerNotFoundError, NatsServerStartError } from './dev-server/errors.ts'
export type { FindOptions, NatsServerBinary } from './dev-server/find.ts'
export { findNatsServer } from './dev-server/find.ts'
export type { NatsServer } from './dev-server/managed-server.ts'
export type { NatsServerOptions } from './dev-server/start.ts'
export { startNatsServer } from './dev-server/start.ts'
export type { NatsOptions } from './options.ts'
export { nats } from './transport.ts'
