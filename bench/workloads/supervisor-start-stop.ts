// Children that come and go by call: started under a supervisor, then terminated and forgotten.

import type { Competitor, Figures, SupervisorKind } from '../harness/competitor.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

const atOnce = 1000

async function childrenPerSecond(competitor: Competitor, kind: SupervisorKind, count: number): Promise<number> {
  const supervisor = await competitor.supervisor!(kind)
  const elapsed = stopwatch()
  for (let done = 0; done < count; done += atOnce) {
    const children: unknown[] = []
    const some = Math.min(atOnce, count - done)
    for (let i = 0; i < some; i++) children.push(await supervisor.startChild())
    await expectChildren(some)
    while (children.length > 0) await supervisor.terminateChild(children.pop())
    await expectChildren(0)
  }
  const elapsedMs = elapsed()
  supervisor.stop()
  return perSecond(count, elapsedMs)

  async function expectChildren(expected: number): Promise<void> {
    const running = await supervisor.countChildren()
    if (running !== expected) throw new Error(`${running} children instead of ${expected}`)
  }
}

async function run(competitor: Competitor, count: number): Promise<Figures> {
  return {
    'start-stop-static': await childrenPerSecond(competitor, 'static', count),
    'start-stop-dynamic': await childrenPerSecond(competitor, 'dynamic', count),
  }
}

export const supervisorStartStop: Workload = {
  name: 'supervisor-start-stop',
  about:
    'A supervisor starts 1,000 children by one call each, then terminates them, the newest first, and so on. Each call is answered before the next. ' +
    'Static: each child has a spec of its own, deleted after it. Dynamic: one template (simple_one_for_one). A child counts once, for both.',
  rows: [
    { name: 'start-stop-static', unit: 'child/s', better: 'more' },
    { name: 'start-stop-dynamic', unit: 'child/s', better: 'more' },
  ],
  count: 100_000,
  run,
}
