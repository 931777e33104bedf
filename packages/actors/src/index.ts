// The one install: everything a program on Understudy imports.

export * from '@understudy/runtime'
export { pinoLogger } from '@understudy/runtime/pino'
export * from '@understudy/runtime/machine'
export * from '@understudy/supervisor'
export * from '@understudy/cluster'
export * from '@understudy/transport-nats'
export {
  exitWithParent,
  launchNode,
  type LaunchOptions,
  type LogRecord,
  type NodeExit,
  type NodeLine,
  type NodeProcess,
} from '@understudy/cli'
