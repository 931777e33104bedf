// What the command ends with, so that scripts can tell a typing error from a cluster that is not there.

/** Exit codes of the `understudy` command. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  unhealthy: 4,
  interrupted: 130,
} as const

/** An end of a command that was foreseen: shown as one message without a stack, then the given exit code. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, code: number, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandError'
    this.exitCode = code
  }
}
