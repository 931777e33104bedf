// Where an actor runs: on the main loop like all others, or in a worker thread.

/** How much memory a thread may use, in MiB; what exceeds it ends the thread. As `resourceLimits` of Node's `Worker`. */
export interface ThreadLimits {
  readonly maxOldGenerationSizeMb?: number
  readonly maxYoungGenerationSizeMb?: number
  readonly codeRangeSizeMb?: number
  readonly stackSizeMb?: number
}

/** A worker thread, and its bounds. Actors of one system that name the same `thread` share it, and what kills it. */
export interface ThreadIsolation {
  /** Actors that give the same name share one thread, with the options of the first. Default: a thread of its own. */
  readonly thread?: string
  /** Default: Node's own limits. */
  readonly resourceLimits?: ThreadLimits
  /**
   * An actor that is in one message for longer than so many milliseconds, or a thread that answers nothing for as long, is
   * terminated: a ThreadHungError for the supervisor. Messages of reentrant types may take their time. Default 5000; `Infinity` for never.
   */
  readonly hangMs?: number
}

/** `thread` is a thread of its own with all defaults. */
export type Isolation = 'thread' | ThreadIsolation
