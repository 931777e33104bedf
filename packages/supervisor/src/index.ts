// The door for users.

export type { AutoShutdown } from './auto-shutdown.ts'
export type { CallError, CallResult, Refusal, SpecResult, StartResult } from './call.ts'
export { child, type ChildArguments } from './child.ts'
export type { ChildCounts, ChildInfo } from './child-info.ts'
export type { ChildKey, DynamicSupervisorProtocol, StartMessage } from './dynamic/dynamic-call.ts'
export { dynamicSupervisor, type DynamicSupervisorOptions } from './dynamic/dynamic-supervisor.ts'
export type { Intensity } from './intensity.ts'
export type { PartitionKey } from './partition/partition-key.ts'
export { partitionOf, partitionSupervisor, type PartitionSupervisorOptions } from './partition/partition-supervisor.ts'
export { pool, type PoolArguments, type PoolOptions } from './pool/pool.ts'
export { fileStore } from './persistence/file-store.ts'
export { type RecoveryStore, recoveryStore } from './persistence/recovery-store.ts'
export { limitRestarts } from './node-budget.ts'
export { overloadWatch, type OverloadWatchOptions } from './overload/overload-watch.ts'
export { adaptive, type AdaptiveChoice, type AdaptiveOptions } from './recovery/adaptive/adaptive.ts'
export { machineToMermaid } from './recovery/chart.ts'
export type { OutsideCommand, RecoveryExecutor } from './recovery/executor-hook.ts'
export { recoveryExecutor } from './recovery/executor-hook.ts'
export { type RecoveryNotice, RecoveryNotices, recoveryNotices } from './recovery/notices.ts'
export { backoff, type BackoffOptions } from './recovery/library/backoff.ts'
export { circuitBreaker, type CircuitBreakerOptions } from './recovery/library/circuit-breaker.ts'
export { dependencyGate, type DependencyGateOptions } from './recovery/library/dependency-gate.ts'
export { failover, type FailoverOptions } from './recovery/library/failover.ts'
export { ladder, type LadderOptions, type Rung } from './recovery/library/ladder.ts'
export type { PolicyOptions } from './recovery/library/policy-options.ts'
export { quarantine, type QuarantineOptions } from './recovery/library/quarantine.ts'
export { rejuvenate, type RejuvenateOptions } from './recovery/library/rejuvenate.ts'
export { restartAtOnce } from './recovery/library/restart-at-once.ts'
export { retryMessage, type RetryMessageOptions } from './recovery/library/retry-message.ts'
export { warmRestart } from './recovery/library/warm-restart.ts'
export type { RecoveryCommand, RecoveryOrders, RestartParameters, ScheduleParameters } from './recovery/command.ts'
export type { EventStamp, FailedEvent, RecoveryAbility, RecoveryEvent, RecoveryNews } from './recovery/event.ts'
export {
  type Classifier,
  classifier,
  type ClassifierRule,
  classifyFailure,
  type FailureClass,
  failureClasses,
  type RecoveryFailure,
} from './recovery/failure-class.ts'
export { recovery, recoveryActions, type RecoveryPolicy, type RecoveryPolicyOptions, recoverySetup } from './recovery/machine.ts'
export { signatureOf } from './recovery/signature.ts'
export { type RecoveryInfo, recoveryOf, type RecoveryOrder } from './recovery-info.ts'
export type { RestartLimits } from './restart-budget.ts'
export type { RestartType } from './restart-type.ts'
export type { ChildSpec, ChildSpecOptions, ChildType } from './spec.ts'
export { supervisor, type SupervisorOptions, type SupervisorProtocol } from './supervisor.ts'
export { type TaskError, TaskFailedError, TaskStoppedError, TaskTimeoutError, TooManyTasksError } from './task/task-error.ts'
export type { NoMessages, TaskContext, TaskFunction } from './task/task-job.ts'
export type { TaskOutcome, TaskStreamOptions } from './task/task-stream.ts'
export { type BackgroundTask, taskSupervisor, type TaskSupervisorOptions, type TaskSupervisorProtocol } from './task/task-supervisor.ts'
export { type BackgroundTaskOptions, type LinkedTasks, type TaskOptions, type Tasks, tasks } from './task/tasks.ts'
export type { SupervisorKind } from './tree/blueprint.ts'
export { describeTree } from './tree/describe-tree.ts'
export type { Recoveries, RecoveryData } from './tree/recovery-data.ts'
export { toDot, toMermaid } from './tree/tree-chart.ts'
export type {
  ActorData,
  ChildData,
  DynamicData,
  IntensityData,
  NodeData,
  PartitionsData,
  PoolData,
  SupervisorData,
  TasksData,
  TreeData,
} from './tree/tree-data.ts'
export { type ComparedField, diffTrees, type TreeDifference } from './tree/tree-diff.ts'
export { treeFrom, type TreeFromOptions } from './tree/tree-from.ts'
export type { RunningNode, TreeNode } from './tree/tree-node.ts'
