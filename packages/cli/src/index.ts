// The door of the command, and of what other programs need to run nodes as processes.

export { exitWithParent } from './exit-with-parent.ts'
export { launchNode } from './launcher.ts'
export type { LaunchOptions, NodeExit, NodeProcess } from './launcher.ts'
export type { LogRecord, NodeLine } from './log-record.ts'
export { run } from './main.ts'
