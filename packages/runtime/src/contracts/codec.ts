// How a value becomes bytes and back.

/** Turns message bodies into bytes and back. Both directions must be safe against hostile input and must not lose anything silently. */
export interface Codec {
  /** @throws MessageRefusedError with reason `undeliverable-codec` when the value cannot be carried, naming the place in it. */
  encode(value: unknown): Uint8Array
  /** @throws MessageRefusedError with reason `invalid` when the bytes are not what `encode` makes. */
  decode(bytes: Uint8Array): unknown
}
