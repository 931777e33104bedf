// OTP's automatic shutdown: the end of children that matter is the end of their supervisor.

import { InvalidOptionError } from '@understudy/runtime/spi'

/**
 * When a supervisor ends with its significant children: `never`; when `any-significant` child has ended by itself and is not restarted;
 * or when `all-significant` ones have.
 */
export type AutoShutdown = 'never' | 'any-significant' | 'all-significant'

const choices: readonly unknown[] = ['never', 'any-significant', 'all-significant'] satisfies AutoShutdown[]

/** @throws InvalidOptionError */
export function validateAutoShutdown(value: unknown): void {
  if (!choices.includes(value)) throw new InvalidOptionError('autoShutdown', value, `one of ${choices.join(', ')}`)
}
