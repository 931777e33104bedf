// What a routing strategy sees of a worker, and what it decides.

/** A worker as routing sees it. */
export interface Candidate {
  /** Whether it runs and has room; others get nothing while one of these is there. */
  readonly available: boolean
  /** Messages accepted and not yet handled, the one in progress included. */
  readonly outstanding: number
}

/** Chooses a worker: its index, or -1 when none is available. `turn` is the index after the one chosen last. */
export type Routing = (candidates: readonly Candidate[], turn: number) => number
