// The receipt printer: prints what it is told to, in the release that happens to be installed.

/** Prints receipts. */
export class Printer {
  /** The ids of what was printed, in order. */
  readonly receipts: string[] = []
  /** The text above each receipt; the bad release has none. */
  heading: { readonly text: string } | undefined = { text: 'Thank you' }

  print(id: string, cents: number): string {
    // What a bad release does: reads what is not there.
    const receipt = `${this.heading!.text}\n${id}: ${(cents / 100).toFixed(2)}`
    this.receipts.push(id)
    return receipt
  }
}
