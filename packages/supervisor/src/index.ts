// The door for users.

export type { CallError, CallResult } from './call.ts'
export { child, type ChildArguments } from './child.ts'
export type { Intensity } from './intensity.ts'
export type { PartitionKey } from './partition/partition-key.ts'
export { partitionOf, partitionSupervisor, type PartitionSupervisorOptions } from './partition/partition-supervisor.ts'
export { pool, type PoolArguments, type PoolOptions } from './pool/pool.ts'
export { backoff, type BackoffOptions } from './recovery/library/backoff.ts'
export { restartAtOnce } from './recovery/library/restart-at-once.ts'
export type { RecoveryPolicy } from './recovery/machine.ts'
export type { RestartType } from './restart-type.ts'
export type { ChildSpec, ChildSpecOptions } from './spec.ts'
export { type ChildCounts, type ChildInfo, supervisor, type SupervisorOptions, type SupervisorProtocol } from './supervisor.ts'
