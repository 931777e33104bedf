// Which messages of one actor are with its thread, and how far each has come: one cell of shared memory per message, so that both
// sides agree at any moment, also after the thread has died. A message is begun or called back, never both: the same
// compare-and-exchange decides.

/** How many messages of one actor may be with its thread. */
export const windowSize = 64

const sent = 1
const begun = 2
const settled = 3
const numbers = 2 ** 28

/** How far a message has come, in the eyes of the main side. */
export type Progress = 'sent' | 'begun' | 'settled'

/** The memory of a window. */
export type Window = Int32Array

/** Makes the memory of a window. */
export function openWindow(): Window {
  return new Int32Array(new SharedArrayBuffer(windowSize * Int32Array.BYTES_PER_ELEMENT))
}

/** The number that a message carries beside its slot: a slot used again is another one. */
export function numberAfter(number: number): number {
  return (number + 1) % numbers
}

/** A message goes out. */
export function markSent(window: Window, slot: number, number: number): void {
  Atomics.store(window, slot, number * 4 + sent)
}

/** Takes a message back; false when it has been begun. */
export function recall(window: Window, slot: number, number: number): boolean {
  return Atomics.compareExchange(window, slot, number * 4 + sent, 0) === number * 4 + sent
}

/** Begins a message; false when it has been taken back. */
export function begin(window: Window, slot: number, number: number): boolean {
  return Atomics.compareExchange(window, slot, number * 4 + sent, number * 4 + begun) === number * 4 + sent
}

/** A message's handler is through. */
export function settle(window: Window, slot: number, number: number): void {
  Atomics.store(window, slot, number * 4 + settled)
}

/** How far a message has come. */
export function progress(window: Window, slot: number, number: number): Progress {
  const found = Atomics.load(window, slot) - number * 4
  return found === begun ? 'begun' : found === settled ? 'settled' : 'sent'
}
