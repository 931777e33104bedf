/** A data file cannot be used; the message says which, why, and what to do. */
export class DataError extends Error {
  override readonly name = 'DataError'
}
