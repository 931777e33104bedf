// The door for users.

export {
  actor,
  type ActorSpec,
  type ActorTraits,
  type AnyContext,
  type AnyHandlers,
  type ProtocolOf,
  type ReceiveSpec,
  type UnionProtocol,
} from './actor/define.ts'
export { type Address, formatAddress, type NodeIdentity, parseAddress } from './contracts/address.ts'
export type {
  ActorContext,
  ActorDefinition,
  MailboxOptions,
  Overflow,
  RefOf,
  SpawnArguments,
  SpawnOptions,
  Termination,
} from './contracts/behavior.ts'
export { type DeadLetter, type DeadLetterReason, deadLetterReasons } from './contracts/dead-letter.ts'
export type { Env, TimerHandle } from './contracts/env.ts'
export { UnderstudyError } from './contracts/error.ts'
export type { EventOf, SystemEvent } from './contracts/event.ts'
export type { Handler, HandlerTable, Middleware, Reentrancy } from './contracts/handling.ts'
export { describeExit, type ExitReason, isAbnormal, isFailure } from './contracts/exit-reason.ts'
export type { Failure } from './contracts/failure.ts'
export type { Counters } from './contracts/accounts.ts'
export type { Isolation, ThreadIsolation, ThreadLimits } from './contracts/isolation.ts'
export type { LifeState } from './contracts/lifecycle.ts'
export type { Logger } from './contracts/log.ts'
export type { Message, MessageOf, Protocol, ReplyOf } from './contracts/message.ts'
export type { AnyRef, AskOptions, OfferOptions, Ref } from './contracts/ref.ts'
export type { DeferredReply } from './contracts/reply.ts'
export type { MessageSchemas, SchemaIssue, SchemaResult, StandardSchema } from './contracts/schema.ts'
export { type ServiceKey, serviceKey } from './contracts/service.ts'
export type { Shutdown } from './contracts/shutdown.ts'
export type { OnUndelivered, SupervisionDefaults } from './contracts/supervision-defaults.ts'
export type { Tenure } from './contracts/tenure.ts'
export type { StrayErrors } from './actor/attribution.ts'
export type { DispatchOptions } from './dispatch/dispatcher.ts'
export { systemEnv } from './dispatch/system-env.ts'
export * from './errors.ts'
export type { DeadLetterQuery } from './ref/dead-letters.ts'
export type { DeadLetters } from './system/dead-letter-desk.ts'
export type { Groups } from './system/process-groups.ts'
export type { Names } from './system/registry.ts'
export { type ActorSystem, createSystem, type SystemOptions } from './system/system.ts'
export type { PhaseReport, ShutdownOptions, ShutdownPhase, ShutdownReport } from './system/shutdown.ts'
