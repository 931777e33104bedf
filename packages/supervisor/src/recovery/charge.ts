// Who is in charge: of the chain that `then` makes of policies, the one that has decided last. A machine that delegates lets the next one
// decide once and is asked first again; one that hands over is out of it until the child is well.

import type { AnyMachineSnapshot } from 'xstate'
import { defaultRecovery } from './library/restart-then-backoff.ts'
import type { RecoveryPolicy } from './machine.ts'

/** Who is in charge, and what the others remember. */
export interface Charge {
  /** The policy that the child was given, to which it returns in health. */
  readonly origin: RecoveryPolicy
  /** The policy in charge. */
  readonly policy: RecoveryPolicy
  /** The snapshot of its machine; absent while the child is in health. */
  readonly snapshot?: AnyMachineSnapshot
  /** Those of the others that take part: above it those that have delegated, beneath it those that were in charge before. */
  readonly kept?: ReadonlyMap<RecoveryPolicy, AnyMachineSnapshot>
}

/** Who is asked first about a failure. */
export function firstInLine({ origin, policy, kept }: Charge): RecoveryPolicy {
  if (kept !== undefined) for (const at of chainFrom(origin)) if (at === policy || kept.has(at)) return at
  return policy
}

/** Who is asked after the one in charge: passing over those that have handed over. */
export function nextInLine({ policy, kept }: Charge): RecoveryPolicy {
  const next = policy.then ?? defaultRecovery
  if (kept !== undefined) for (const at of chainFrom(next)) if (kept.has(at)) return at
  return next
}

/** Another one is in charge. Whoever was is forgotten, or `remembers`. */
export function giveCharge({ origin, policy, snapshot, kept }: Charge, to: RecoveryPolicy, remembers: boolean): Charge {
  const others = new Map(kept)
  if (remembers && snapshot !== undefined) others.set(policy, snapshot)
  const known = others.get(to)
  others.delete(to)
  return { origin, policy: to, ...(known !== undefined && { snapshot: known }), ...(others.size > 0 && { kept: others }) }
}

function* chainFrom(first: RecoveryPolicy): Generator<RecoveryPolicy> {
  let at: RecoveryPolicy | undefined = first
  for (; at !== undefined; at = at.then) yield at
  yield defaultRecovery
}
