// One child fails, all are restarted: for children that cannot do without each other.

import type { RestartPlan } from './strategy.ts'

/** All others are stopped in reverse start order; then all are started in start order. */
export function oneForAll(ids: readonly string[], failed: string): RestartPlan {
  return { stop: ids.filter((id) => id !== failed).reverse(), start: ids }
}
