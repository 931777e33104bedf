// What the recoveries of one supervisor hear from outside of it. It is where somebody wants to know that a supervisor begins to listen.

import type { SupervisionControl } from '@understudy/runtime/spi'
import { OverloadWatch } from './overload/overload-watch.ts'
import type { Watched } from './overload/overload-watch.ts'
import type { RecoveryPolicy } from './recovery/machine.ts'
import { recoveryNotices } from './recovery/notices.ts'
import type { Informed, RecoveryNotices } from './recovery/notices.ts'

/** The ears of one incarnation of a supervisor. */
export class Listening {
  readonly #listener: Watched & Informed
  readonly #path: string
  readonly #overload: OverloadWatch | undefined
  readonly #notices: RecoveryNotices | undefined

  constructor(control: SupervisionControl, listener: Watched & Informed) {
    this.#listener = listener
    this.#path = control.path
    this.#overload = OverloadWatch.of(control)
    this.#notices = control.find?.(recoveryNotices)
  }

  /** There is a child with such a recovery. */
  begin(recovery: RecoveryPolicy): void {
    this.#overload?.join(this.#listener, recovery)
    this.#notices?.join(this.#listener, this.#path, recovery)
  }

  /** The supervisor ends. */
  end(): void {
    this.#overload?.leave(this.#listener)
    this.#notices?.leave(this.#listener)
  }
}
