// A leader's time in office: its epoch, its right to act, and the state that only the leader of that epoch can write.

/** What a leader-singleton knows of its own leadership. */
export interface Tenure {
  /** The singleton's name. */
  readonly name: string
  /** The fencing token: the revision of the write that took ownership. Only grows from owner to owner. */
  readonly epoch: number
  /** Call before every outside effect. @throws FencedError when this node may no longer act as the leader. */
  guard(): void
  /** The state last saved by any earlier or this tenure; `undefined` when there is none. @throws StoreUnavailableError @throws FencedError */
  load<T>(): Promise<T | undefined>
  /**
   * Saves the state; the store itself refuses it when another owner has been written since. One save at a time.
   * @throws FencedError when another owner exists. @throws StoreUnavailableError when the outcome stayed unknown until the lease ran out.
   */
  save(state: unknown): Promise<void>
}
