// One child fails, it and those started after it are restarted: for children that build on the ones before them.

import type { RestartPlan } from './strategy.ts'

/** Those after the failed child are stopped in reverse start order; then it and they are started in start order. */
export function restForOne(ids: Iterable<string>, failed: string): RestartPlan {
  const all = [...ids]
  const from = all.indexOf(failed)
  return { stop: all.slice(from + 1).reverse(), start: all.slice(from) }
}
