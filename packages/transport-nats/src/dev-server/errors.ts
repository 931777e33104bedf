// What can go wrong before a development server runs, in the words of the person who has to mend it.
import { UnderstudyError } from '@understudy/runtime/spi'

/** One place where a nats-server was looked for, and why it gave none. */
export interface FindAttempt {
  readonly where: string
  readonly problem: string
}

/** No nats-server 2.12 or newer could be found or fetched; `attempts` says where it was looked for and what stood in the way. */
export class NatsServerNotFoundError extends UnderstudyError {
  static override readonly code = 'NATS_SERVER_NOT_FOUND'
  readonly attempts: readonly FindAttempt[]

  constructor(attempts: readonly FindAttempt[], advice: string) {
    const list = attempts.map(({ where, problem }) => `  - ${where}: ${problem}`).join('\n')
    super(`no usable nats-server (2.12 or newer) was found\n${list}\n${advice}`)
    this.attempts = attempts
  }
}

/** The nats-server was found but did not come up; the message ends with the last lines of its log. */
export class NatsServerStartError extends UnderstudyError {
  static override readonly code = 'NATS_SERVER_START_FAILED'
  readonly logTail: string

  constructor(binary: string, reason: string, logTail: string) {
    super(`${binary} did not start: ${reason}.${logTail === '' ? '' : ` The end of its log:\n${logTail}`}`)
    this.logTail = logTail
  }
}
