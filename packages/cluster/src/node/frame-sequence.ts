// What the sequence numbers of arriving frames tell: whether frames of a peer were lost, doubled, or begin anew.
// One per sending node incarnation. A sender counts from 0 and keeps counting through a reconnect, so that what got lost in between
// shows as a gap; only a sender that has forgotten its peer begins at 0 again. Sequence numbers are 32 bits wide; after the last comes 1.

/** What is known of one peer's frames: the number that should come next. */
export interface FrameSequence {
  readonly next: number
  /** Frames missing so far. */
  readonly missing: number
  readonly duplicates: number
}

/** What one frame's number means. A `duplicate` must not be handled again. */
export type Arrival =
  | { readonly type: 'in-order' }
  | { readonly type: 'gap'; readonly missing: number }
  | { readonly type: 'duplicate' }
  | { readonly type: 'restarted' }

/** Nothing has arrived from that peer yet. */
export const noFrames: FrameSequence = Object.freeze({ next: 0, missing: 0, duplicates: 0 })

const numbers = 2 ** 32

/** The number that follows `seq`: 0 only ever begins a sequence. */
export function nextSequence(seq: number): number {
  return seq + 1 === numbers ? 1 : seq + 1
}

/** Takes the number of a frame that has arrived. */
export function arrive(state: FrameSequence, seq: number): [FrameSequence, Arrival] {
  const next = nextSequence(seq)
  if (seq === state.next) return [{ ...state, next }, { type: 'in-order' }]
  if (seq === 0) return [{ ...state, next }, { type: 'restarted' }]
  const ahead = (seq - state.next + numbers) % numbers
  if (ahead >= numbers / 2) return [{ ...state, duplicates: state.duplicates + 1 }, { type: 'duplicate' }]
  // 0 is skipped when the numbers wrap, so it is not missing there.
  const missing = seq < state.next ? ahead - 1 : ahead
  return [{ ...state, next, missing: state.missing + missing }, missing === 0 ? { type: 'in-order' } : { type: 'gap', missing }]
}
