// One child fails, one child is restarted.

import type { RestartPlan } from './strategy.ts'

/** Only the failed child is started again. */
export function oneForOne(_ids: Iterable<string>, failed: string): RestartPlan {
  return { stop: [], start: [failed] }
}
