// The door for machines: XState machines as actors. A door of its own, so that who imports the runtime does not import XState.

export { machineActor, type MachineOptions } from './machine/machine-actor.ts'
export { postpone, reply, replyLater } from './machine/machine-actions.ts'
export type { MachineProtocol, Replies } from './machine/machine-protocol.ts'
export { machineOutput, machineState, type MachineState, persistMachine } from './machine/machine-queries.ts'
export type { PersistedDelay, PersistedMachine, PersistedSnapshot } from './machine/persisted-machine.ts'
