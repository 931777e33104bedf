// Who is affected when a child is restarted. Each strategy is one function in its own file; the engine carries its plan out.

/** The children to stop (in this order, one at a time) and then to start (in this order, one at a time; the failed one is among them). */
export interface RestartPlan {
  readonly stop: readonly string[]
  readonly start: readonly string[]
}

/** Decides who is affected: `ids` are all children in start order, `failed` is the one to be restarted. */
export type Strategy = (ids: Iterable<string>, failed: string) => RestartPlan
