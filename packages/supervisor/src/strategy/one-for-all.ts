// One child fails, all are restarted: for children that cannot do without each other.

import type { RestartPlan } from './strategy.ts'

/** All others are stopped in reverse start order; then all are started in start order. */
export function oneForAll(ids: Iterable<string>, failed: string): RestartPlan {
  const all = [...ids]
  return { stop: all.filter((id) => id !== failed).reverse(), start: all }
}
