// Spawning and stopping of many actors, for those who do it at once and for those who answer with a promise.

import type { Competitor, MakeHandler } from './competitor.ts'

const atOnce = 1000

/** Spawns `count` actors; `make` gets the index of each. */
export async function spawnMany<R>(
  competitor: Competitor<R>,
  count: number,
  make: (index: number) => ReturnType<MakeHandler>,
): Promise<R[]> {
  const refs = new Array<R>(count)
  let open: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    const ref = competitor.spawn(() => make(index))
    if (!(ref instanceof Promise)) {
      refs[index] = ref
      continue
    }
    open.push(
      ref.then((it) => {
        refs[index] = it
      }),
    )
    if (open.length === atOnce) open = await settle(open)
  }
  await Promise.all(open)
  return refs
}

export async function stopMany<R>(competitor: Competitor<R>, refs: readonly R[]): Promise<void> {
  if (competitor.stopAll !== undefined) return competitor.stopAll(refs)
  let open: Promise<void>[] = []
  for (const ref of refs) {
    const stopped = competitor.stop(ref)
    if (stopped === undefined) continue
    open.push(stopped)
    if (open.length === atOnce) open = await settle(open)
  }
  await Promise.all(open)
}

async function settle(open: Promise<void>[]): Promise<Promise<void>[]> {
  await Promise.all(open)
  return []
}
