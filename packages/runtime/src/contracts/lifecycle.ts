// The life of an actor: its states and the legal moves between them, as data.

/** The states of an actor's life. */
export type LifeState = 'starting' | 'running' | 'suspended' | 'stopping' | 'stopped'

/** Which state may follow which. A restart goes … → stopping → starting, also for a child that has ended. */
export const legalMoves: Readonly<Record<LifeState, readonly LifeState[]>> = {
  starting: ['running', 'suspended', 'stopping'],
  running: ['suspended', 'stopping'],
  suspended: ['running', 'stopping'],
  stopping: ['starting', 'suspended', 'stopped'],
  stopped: [],
}
