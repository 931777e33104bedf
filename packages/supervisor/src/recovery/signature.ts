// By what a failure is recognised when it comes again: class, name, code and the place where it was thrown, but not its text, which
// often holds ids and times. A hash, so that it is short, and the same in every process that runs the same code.

import { fnv1a } from '../stable-hash.ts'
import { namesOf } from './failure-class.ts'
import type { FailureClass, RecoveryFailure } from './failure-class.ts'

/** The signature of a failure: eight hexadecimal digits (FNV-1a, 32 bit). Never throws. */
export function signatureOf(failure: RecoveryFailure, failureClass: FailureClass): string {
  const { code, name } = namesOf(failure.cause)
  const what = typeof failure.cause === 'string' ? failure.cause : `${name ?? typeof failure.cause}/${code ?? ''}`
  const hash = fnv1a(`${failureClass}|${failure.phase}|${what}|${topFrame(failure.cause)}`)
  return (hash >>> 0).toString(16).padStart(8, '0')
}

/** The first frame of the stack: function, file and line, without folders, which differ from machine to machine. */
function topFrame(cause: unknown): string {
  try {
    const stack: unknown = cause instanceof Error ? cause.stack : undefined
    if (typeof stack !== 'string') return ''
    // What precedes the frames is the error's text, which may itself hold lines that look like anything.
    const line =
      stack
        .slice(Math.max(0, stack.indexOf('\n    at ')), stack.length)
        .slice(0, 500)
        .trimStart()
        .split('\n', 1)[0] ?? ''
    if (!line.startsWith('at ')) return ''
    return line.replace(/[^\s()]*[/\\]/g, '')
  } catch {
    return ''
  }
}
