// The chain of asks that wait for each other. An actor held by an async handler cannot answer, so an ask that comes back to one that
// waits for it can only end at its deadline: it fails at once instead, and says which way it went.

import type { Asker } from '../contracts/asker.ts'
import type { ReplyTo } from '../contracts/reply.ts'

/** Who made an ask, and the async handler that holds the asker for it, once that is known. */
export interface Asked {
  readonly asker: Asker | null
  during: object | null
}

/**
 * The paths of a cycle that an ask of `asker`, held while handling a message that is to be answered at `replyTo`, closes with
 * `target`, from the target to the target; undefined when there is none.
 */
export function findCycle(
  target: object,
  asker: Asker,
  replyTo: ReplyTo,
  askedBy: (slot: number) => Asked | undefined,
): readonly string[] | undefined {
  const chain = [asker.path]
  const seen = new Set([asker])
  let at = asker
  let answerTo = replyTo
  while (at.entry !== target && at !== target) {
    // An ask from another node, or from outside: nobody here waits for it.
    if (typeof answerTo !== 'number') return undefined
    const asked = askedBy(answerTo)
    if (asked === undefined || asked.asker === null) return undefined
    const { inFlight } = asked.asker
    // It goes on without the answer, so it will come to read its mailbox.
    if (inFlight === null || inFlight !== asked.during) return undefined
    at = asked.asker
    // They wait for each other already, and not for the target: that is their cycle, and going round it would never end.
    if (seen.has(at) && at.entry !== target && at !== target) return undefined
    seen.add(at)
    answerTo = inFlight.replyTo
    chain.unshift(at.path)
  }
  return [...chain, at.path]
}
