// Cuts a byte stream into lines at \n only: readline also cuts at U+2028, which is legal inside a JSON text.
import { StringDecoder } from 'node:string_decoder'

/** A line longer than this is handed out in pieces: a child that never ends its line must not fill our memory. */
const maxLineLength = 1024 * 1024

/** Takes chunks, gives whole lines to `onLine`. Call `end` when the stream has ended, for a last line without \n. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#give(line)
    while (this.#rest.length > maxLineLength) {
      this.#give(this.#rest.slice(0, maxLineLength))
      this.#rest = this.#rest.slice(maxLineLength)
    }
  }

  end(): void {
    const last = this.#rest + this.#decoder.end()
    this.#rest = ''
    this.#give(last)
  }

  #give(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line
    if (text !== '') this.#onLine(text)
  }
}
