// What the engine tells, made into what a machine is told: stamped, and a failure with its class and signature.

import { describeCause } from '@understudy/runtime/spi'
import type { RecoveryAbility, RecoveryEvent, RecoveryNews } from './event.ts'
import { classifyFailure, failureClasses } from './failure-class.ts'
import type { Classifier, FailureClass, RecoveryFailure } from './failure-class.ts'
import type { ChildFailed, RecoveryPolicy } from './machine.ts'
import { signatureOf } from './signature.ts'

/** What the kernel can be told: a failure as the engine knows it, or any other event. */
export type Told = ChildFailed | (Exclude<RecoveryNews, { readonly type: 'FAILED' | 'PROBE_FAILED' }> & Life)

interface Life {
  readonly incarnation?: number
  readonly random?: number
}

/** The event as the machine sees it, and what the policy's classifier threw, if it did: then the built-in one has named the class. */
export function factsOf(
  { policy, standing, distrusted }: { readonly policy: RecoveryPolicy; readonly standing?: string; readonly distrusted?: true },
  event: Told,
  at: number,
  possible: ReadonlySet<RecoveryAbility>,
): readonly [event: RecoveryEvent, classifierError: unknown] {
  const { random = 0.5 } = event
  if (event.type !== 'FAILED') return [{ ...event, at, random, possible }, undefined]
  const type = standing === 'trial' ? 'PROBE_FAILED' : 'FAILED'
  const { phase, cause, message, attempt, incarnation, waitsFor = [] } = event
  const failure = { phase, cause, ...(message !== undefined && { message }) }
  const [failureClass, classifierError] = classify(distrusted === true ? undefined : policy.classify, failure)
  let signature: string | undefined
  const facts: RecoveryEvent = {
    type,
    failure,
    class: failureClass,
    // Reading a stack takes longer than all the rest, and few machines ask.
    get signature() {
      return (signature ??= signatureOf(failure, failureClass))
    },
    attempt,
    messageKey: message === undefined ? '' : `${message.type}#${message.idempotencyKey ?? ''}`,
    waitsFor,
    at,
    random,
    possible,
    ...(incarnation !== undefined && { incarnation }),
  }
  return [facts, classifierError]
}

function classify(own: Classifier | undefined, failure: RecoveryFailure): [FailureClass, unknown] {
  if (own === undefined) return [classifyFailure(failure), undefined]
  try {
    const named = own(failure)
    if (!failureClasses.includes(named)) throw new TypeError(`it answered ${describeCause(named)}, which is no class of failure`)
    return [named, undefined]
  } catch (error) {
    return [classifyFailure(failure), error ?? 'it threw nothing']
  }
}
