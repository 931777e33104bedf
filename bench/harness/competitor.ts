// What every competitor offers, so that all of them run the same workloads.

/** The one shape of message that all workloads send. */
export interface Message {
  readonly type: 'inc' | 'ping' | 'ask' | 'crash'
  readonly value: number
}

/** What an actor does with a message; a returned number answers an ask. */
export type Handler = (message: Message) => number | void

/** Makes the handler of a new incarnation, with fresh state. */
export type MakeHandler = () => Handler

/** What one run of a workload measured: one figure per row of the workload. */
export type Figures = Readonly<Record<string, number>>

/** `static`: every child has a spec of its own; `dynamic`: all are of one kind. */
export type SupervisorKind = 'static' | 'dynamic'

/** A supervisor without children, to be called. */
export interface CallableSupervisor<C> {
  /** Answers when the child runs. */
  readonly startChild: () => Promise<C>
  /** Answers when the child is gone, and its spec with it. */
  readonly terminateChild: (child: C) => Promise<void>
  /** How many children run. */
  readonly countChildren: () => Promise<number>
  readonly stop: () => void
}

/** A competitor: four verbs, over whatever it calls a ref. */
// oxlint-disable-next-line typescript/no-explicit-any
export interface Competitor<R = any> {
  /** Before anything else, once. */
  readonly prepare?: () => Promise<void>
  /** `supervised`: a throwing handler is made anew, and the messages that wait are kept. */
  readonly spawn: (make: MakeHandler, options?: { readonly supervised?: boolean }) => R | Promise<R>
  readonly tell: (ref: R, message: Message) => void
  readonly ask?: (ref: R, message: Message) => Promise<unknown>
  readonly stop: (ref: R) => void | Promise<void>
  /** Where stopping many one by one would take too long. */
  readonly stopAll?: (refs: readonly R[]) => Promise<void>
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly supervisor?: (kind: SupervisorKind) => Promise<CallableSupervisor<any>>
  /** What to import to have it; for the cost of importing. */
  readonly module?: string
  /** Workloads that it can only run in its own words. */
  readonly own?: Readonly<Record<string, (count: number) => Promise<Figures>>>
}
