// What the data says about a flight, before anybody has looked at whether it can be true.

/** A flight as the data set states it. */
export interface Flight {
  /** Local scheduled departure, `2001/01/31 17:05`. */
  readonly date: string
  /** Minutes late; negative when early. */
  readonly delay: number
  /** Stated distance in miles. */
  readonly distance: number
  /** IATA codes. */
  readonly origin: string
  readonly destination: string
}

/** A row that does not even have the shape of a flight, and why. It travels like a flight and ends on the reject list. */
export interface OddRow {
  readonly odd: string
}

/** One row of the data. Its index is the flight's id. */
export type Row = Flight | OddRow
