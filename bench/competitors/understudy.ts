// Our runtime as users have it: defaults on (bounded mailbox, counters, life cycle, supervision), but for the log, which is silent as
// the others' are: it would measure the terminal.

import { actor, createSystem } from '@understudy/runtime'
import type { ActorContext, Protocol, Ref } from '@understudy/runtime'
import type { CallableSupervisor, Competitor, Handler, MakeHandler, Message, SupervisorKind } from '../harness/competitor.ts'

type Verb = (message: { value: number }) => number | void
type BenchProtocol = { inc: Verb; ping: Verb; ask: Verb; crash: Verb }
type BenchRef = Ref<BenchProtocol>

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, isLevelEnabled: () => false }
const system = createSystem({ log: silent })

const handle = (handler: Handler, message: Message): number | void => handler(message)
const worker = actor({
  name: 'worker',
  state: (make: MakeHandler) => make(),
  on: { inc: handle, ping: handle, ask: handle, crash: handle },
  // Bounded as floor-full's mailboxes are: the collector of fork-join gets more than the default of 10,000 before its turn comes.
  mailbox: { capacity: 2 ** 21 },
})

// The parent of all: its context spawns and stops them, as it would from a handler.
const troupe = actor({ name: 'troupe', state: (opened: (context: ActorContext<Protocol>) => void, ctx) => opened(ctx), on: {} })
let stage!: ActorContext<Protocol>
let stageRef: Ref<Protocol>
function openStage(): void {
  stageRef = system.spawn(troupe, {
    input: (context) => {
      stage = context
    },
  }) as unknown as Ref<Protocol>
}
openStage()

/** A worker under a supervisor that restarts at once and does not give up. */
async function supervised(make: MakeHandler): Promise<BenchRef> {
  const { child, limitRestarts, restartAtOnce, supervisor } = await import('@understudy/supervisor')
  // Twenty a second, the default, is what would be measured.
  limitRestarts(system, { perSecond: Infinity })
  const boss = stage.spawn(
    supervisor({
      name: 'boss',
      // The window is short because what is measured is the restart, not how many restarts of the last seconds are remembered.
      intensity: { restarts: 1_000_000_000, withinMs: 1 },
      children: [child(worker, { input: make, recovery: restartAtOnce() })],
    }),
  )
  const [info] = await boss.ask({ type: 'whichChildren' })
  return info!.ref as unknown as BenchRef
}

const idle: MakeHandler = () => () => {}

async function callable(kind: SupervisorKind): Promise<CallableSupervisor<string>> {
  const { child, dynamicSupervisor, supervisor } = await import('@understudy/supervisor')
  if (kind === 'dynamic') {
    const pool = stage.spawn(dynamicSupervisor({ name: 'dynamic', child: worker }))
    return {
      startChild: async () => idOf(await pool.ask({ type: 'startChild', input: idle })),
      terminateChild: async (id) => void idOf(await pool.ask({ type: 'terminateChild', id }), id),
      countChildren: async () => (await pool.ask({ type: 'countChildren' })).active,
      stop: () => stage.stop(pool),
    }
  }
  const boss = stage.spawn(supervisor({ name: 'static', children: [] }))
  let lastId = 0
  return {
    startChild: async () => idOf(await boss.ask({ type: 'startChild', child: child(worker, { id: `worker-${++lastId}`, input: idle }) })),
    terminateChild: async (id) => {
      idOf(await boss.ask({ type: 'terminateChild', id }), id)
      idOf(await boss.ask({ type: 'deleteChild', id }), id)
    },
    countChildren: async () => (await boss.ask({ type: 'countChildren' })).active,
    stop: () => stage.stop(boss),
  }
}

/** The id that a call answers, which must not be refused. */
function idOf(result: { readonly ok: boolean; readonly id?: string; readonly detail?: string }, asked = ''): string {
  if (!result.ok) throw new Error(result.detail)
  return result.id ?? asked
}

/** All of them at once, as a parent does when it stops. */
async function stopAll(): Promise<void> {
  const before = stageRef
  const gone = new Promise<void>((resolve) => {
    const watcher = actor({
      name: 'watcher',
      state: (_: undefined, ctx) => ctx.watch(before),
      on: {},
      terminated: (_state, _event, ctx) => {
        ctx.stop()
        resolve()
      },
    })
    system.spawn(watcher)
  })
  stage.stop()
  await gone
  openStage()
}

export const competitor: Competitor<BenchRef> = {
  module: '@understudy/runtime',
  spawn: (make, options) =>
    options?.supervised === true ? supervised(make) : (stage.spawn(worker, { input: make }) as unknown as BenchRef),
  tell: (ref, message) => ref.tell(message),
  ask: (ref, message) => ref.ask(message),
  stop: (ref) => stage.stop(ref),
  stopAll,
  supervisor: callable,
}
