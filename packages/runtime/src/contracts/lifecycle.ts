// The life of an actor: its states and the legal moves between them, as data.

/** The states of an actor's life. */
export type LifeState = 'starting' | 'running' | 'suspended' | 'stopping' | 'stopped'

/** Which state may follow which. A restart goes suspended → stopping → starting; a revival of an ended child goes stopping → starting. */
export const legalMoves: Readonly<Record<LifeState, readonly LifeState[]>> = {
  starting: ['running', 'suspended', 'stopping'],
  running: ['suspended', 'stopping'],
  suspended: ['running', 'starting', 'stopping'],
  stopping: ['suspended', 'stopped'],
  stopped: [],
}
