// The rows of OTP's tables that are not about the order of starts and stops: defaults, what ends a supervisor, what it says, and calls
// that Erlang cannot be asked in our words. The tables of links, monitors and exit signals are in the runtime's own tests.

import { actor, backoff, child, createSystem, dynamicSupervisor, isFailure, restartAtOnce, supervisor } from '@understudy/actors'
import type {
  ActorContext,
  ActorSystem,
  AnyRef,
  ChildSpecOptions,
  DynamicSupervisorProtocol,
  ExitReason,
  Protocol,
  Ref,
  SupervisorOptions,
  SupervisorProtocol,
  SystemEvent,
} from '@understudy/actors'
import { ManualEnv } from '@understudy/runtime/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

let env: ManualEnv
let system: ActorSystem
let events: SystemEvent[]
/** Why whoever is watched has ended. */
let ended: string[]
let broken: boolean

const worker = actor({
  name: 'a',
  state: () => {
    if (broken) throw new Error('broken')
  },
  on: {
    crash: () => {
      throw new Error('crash')
    },
    end: (_state: void, _message: object, ctx: ActorContext<Protocol>) => ctx.stop(),
  },
})

/** Does to others what it is told, and hears how they end. */
const outsider = actor({
  name: 'outsider',
  trapExit: true,
  on: {
    watch: (_state: undefined, { who }: { who: AnyRef }, ctx: ActorContext<Protocol>) => ctx.watch(who),
    exit: (_state: undefined, { who, why }: { who: AnyRef; why: ExitReason }, ctx: ActorContext<Protocol>) => ctx.exit(who, why),
    linkAndFail: (_state: undefined, { who }: { who: AnyRef }, ctx: ActorContext<Protocol>) => {
      ctx.link(who)
      throw new Error('crash')
    },
  },
  terminated: (_state, { address, reason }) => {
    ended.push(`${address.path} ${isFailure(reason) ? 'failure' : JSON.stringify(reason)}`)
  },
})

beforeEach(() => {
  env = new ManualEnv()
  events = []
  ended = []
  broken = false
  system = createSystem({ env, log: quiet })
  system.onEvent((event) => events.push(event))
})

afterEach(async () => {
  const stopped = system.stop()
  await env.advance(60_000)
  await stopped
  if (env.pendingTimers > 0) throw new Error('timers are left behind')
})

async function run(options: Partial<SupervisorOptions> & Pick<SupervisorOptions, 'children'>): Promise<Ref<SupervisorProtocol>> {
  const sup = system.spawn(supervisor({ name: 'sup', ...options }), { name: 'sup' })
  system.spawn(outsider, { name: 'outsider' }).tell({ type: 'watch', who: sup })
  await env.settle()
  return sup
}

async function settled<T>(answer: Promise<T>): Promise<T> {
  await env.settle()
  return answer
}

const tell = (path: string, type: string, rest: object = {}): void => system.ref<Protocol>(path).tell({ type, ...rest } as never)
const atOnce = (options: ChildSpecOptions = {}): ReturnType<typeof child> => child(worker, { recovery: restartAtOnce(), ...options })

describe('defaults', () => {
  test.each([
    ['restart: permanent', 'restart', 'permanent', 'permanent'],
    ['shutdown: 5000 ms worker, infinity supervisor', 'shutdownMs', 5_000, 'infinity'],
    ['type: worker, or what it is', 'type', 'worker', 'supervisor'],
    ['significant: false', 'significant', false, false],
  ] as const)('%s', async (_row, field, ofWorker, ofSupervisor) => {
    const sup = await run({ children: [child(worker), child(supervisor({ name: 's', children: [] }))] })
    const [plain, nested] = await settled(Promise.all(['a', 's'].map((id) => sup.ask({ type: 'getChildSpec', id }))))
    expect(plain).toMatchObject({ ok: true, spec: { [field]: ofWorker } })
    expect(nested).toMatchObject({ ok: true, spec: { [field]: ofSupervisor } })
  })

  test('strategy: one_for_one', async () => {
    await run({ children: [atOnce(), atOnce({ id: 'b' })] })
    tell('/sup/a', 'crash')
    await env.settle()
    expect(events.filter(({ type }) => type === 'actor.restarted')).toMatchObject([{ path: '/sup/a' }])
  })

  test('intensity and period: 3 in 5 seconds, as Elixir (Erlang: 1 in 5)', async () => {
    await run({ children: [atOnce()] })
    for (let n = 0; n < 3; n++) {
      tell('/sup/a', 'crash')
      await env.settle()
    }
    expect(ended).toEqual([])
    await env.advance(5_000)
    tell('/sup/a', 'crash')
    await env.settle()
    expect(ended, 'the lower edge counts').toEqual(['/sup "shutdown"'])
  })

  test('period: ≠ the window is exact in milliseconds: one more, and the oldest does not count', async () => {
    await run({ children: [atOnce()], intensity: { restarts: 1, withinMs: 1_000 } })
    tell('/sup/a', 'crash')
    await env.advance(1_001)
    tell('/sup/a', 'crash')
    await env.advance(999)
    expect(ended).toEqual([])
    tell('/sup/a', 'crash')
    await env.settle()
    expect(ended).toEqual(['/sup "shutdown"'])
  })

  test('auto_shutdown: never', async () => {
    const sup = await run({ children: [child(worker, { restart: 'temporary' })] })
    tell('/sup/a', 'end')
    await env.settle()
    expect(await settled(sup.ask({ type: 'countChildren' }))).toMatchObject({ specs: 0 })
    expect(() => supervisor({ name: 's', children: [child(worker, { restart: 'transient', significant: true })] })).toThrow('significant')
  })
})

describe('a start function that fails', () => {
  const failures: readonly [string, () => unknown][] = [
    ['raises', () => raise(new Error('broken'))],
    ['throws a term', () => raise('broken')],
    ['answers with an error later', () => Promise.reject(new Error('broken'))],
  ]
  const raise = (cause: unknown): never => {
    throw cause
  }

  test.each(failures)(
    '%s: at tree start the supervisor fails to start and names the child; by start_child the caller is told',
    async (_row, state) => {
      const bad = actor({ name: 'bad', state, on: {} })
      await run({ children: [child(worker), child(bad)] })
      expect(events.filter(({ type }) => type === 'actor.failed').at(-1)).toMatchObject({
        path: '/sup',
        phase: 'starting',
        cause: expect.stringContaining('/sup/bad'),
      })
      const sup = system.spawn(supervisor({ name: 'other', intensity: { restarts: 0, withinMs: 1 }, children: [] }))
      await env.settle()
      const answer = await settled(sup.ask({ type: 'startChild', child: child(bad) }))
      expect(answer).toMatchObject({ ok: false, error: 'start-failed', detail: expect.stringContaining('broken') })
      expect(await settled(sup.ask({ type: 'countChildren' }))).toMatchObject({ specs: 0 })
    },
  )
})

describe('what ends a supervisor', () => {
  test.each<[string, ExitReason]>([
    ['normal', 'normal'],
    ['shutdown', 'shutdown'],
    ['any other', { shutdown: 'why' }],
  ])('an exit signal of somebody who is not its parent: ignored (%s)', async (_row, why) => {
    const sup = await run({ children: [child(worker)] })
    tell('/outsider', 'exit', { who: sup, why })
    await env.settle()
    expect(ended).toEqual([])
    expect(await settled(sup.ask({ type: 'countChildren' }))).toMatchObject({ active: 1 })
  })

  test('the end of a linked process that is no child: ignored', async () => {
    const sup = await run({ children: [child(worker)] })
    system.spawn(outsider, { name: 'linked' }).tell({ type: 'linkAndFail', who: sup })
    await env.settle()
    expect(ended).toEqual([])
  })

  test('kill: it dies at once; ≠ its children go with it, no one is orphaned', async () => {
    const sup = await run({ children: [child(worker)] })
    tell('/outsider', 'watch', { who: system.ref('/sup/a') })
    await env.settle()
    tell('/outsider', 'exit', { who: sup, why: 'killed' })
    await env.settle()
    expect(ended).toEqual(['/sup/a "killed"', '/sup "killed"'])
  })

  test('an unknown message: it goes on', async () => {
    const sup = await run({ children: [child(worker)] })
    tell('/sup', 'nonsense')
    expect(await settled(sup.ask({ type: 'countChildren' }))).toMatchObject({ active: 1 })
    expect(events).toContainEqual(expect.objectContaining({ type: 'dead-letter', letter: expect.objectContaining({ reason: 'invalid' }) }))
  })
})

describe('calls', () => {
  test('start_child of a running id answers with who is there', async () => {
    const sup = await run({ children: [child(worker)] })
    const answer = await settled(sup.ask({ type: 'startChild', child: child(worker) }))
    expect(answer).toMatchObject({ ok: false, error: 'already-started' })
    expect(answer.ref?.address.path).toBe('/sup/a')
  })

  test('restarting (waiting in backoff): start_child: already_present; restart_child, delete_child: restarting; terminate_child: ok, and the retry does nothing', async () => {
    const recovery = backoff({ minMs: 1_000, maxMs: 1_000 })
    const sup = await run({ children: [child(worker, { recovery })] })
    tell('/sup/a', 'crash')
    await env.settle()
    expect(await settled(sup.ask({ type: 'whichChildren' }))).toMatchObject([{ id: 'a', state: 'running' }])
    tell('/sup/a', 'crash')
    await env.settle()
    expect(await settled(sup.ask({ type: 'whichChildren' }))).toMatchObject([{ id: 'a', state: 'restarting' }])
    expect(await settled(sup.ask({ type: 'startChild', child: child(worker) }))).toMatchObject({ error: 'already-present' })
    expect(await settled(sup.ask({ type: 'restartChild', id: 'a' }))).toMatchObject({ error: 'restarting' })
    expect(await settled(sup.ask({ type: 'deleteChild', id: 'a' }))).toMatchObject({ error: 'restarting' })
    expect(await settled(sup.ask({ type: 'getChildSpec', id: 'a' }))).toMatchObject({ ok: true })
    expect(await settled(sup.ask({ type: 'terminateChild', id: 'a' }))).toMatchObject({ ok: true })
    await env.advance(5_000)
    expect(await settled(sup.ask({ type: 'whichChildren' }))).toMatchObject([{ id: 'a', state: 'absent' }])
  })

  test('of a supervisor that does not exist: the caller is told', async () => {
    await expect(settled(system.ref<SupervisorProtocol>('/nobody').ask({ type: 'countChildren' }))).rejects.toThrow('/nobody')
  })

  test('check_childspecs: a bad spec is refused in the caller, naming the field, and starts nothing', async () => {
    const sup = await run({ children: [] })
    expect(() => child(worker, { restart: 'sometimes' as 'permanent' })).toThrow('restart')
    const bad = { ...child(worker), restart: 'sometimes' as 'permanent' }
    expect(() => supervisor({ name: 's', children: [bad] })).toThrow('children[0].restart')
    expect(await settled(sup.ask({ type: 'startChild', child: bad }))).toMatchObject({ error: 'invalid-spec' })
    expect(() => supervisor({ name: 's', children: [child(worker), child(worker)] })).toThrow('children[1].id')
  })

  test('bad_combination: significant with permanent, and with a supervisor that does not care, also by start_child', async () => {
    const sup = await run({ children: [] })
    const of = (restart: 'permanent' | 'transient'): ReturnType<typeof child> => child(worker, { restart, significant: true })
    expect(() => supervisor({ name: 's', autoShutdown: 'any-significant', children: [of('permanent')] })).toThrow('significant')
    expect(await settled(sup.ask({ type: 'startChild', child: of('transient') }))).toMatchObject({ error: 'invalid-spec' })
  })
})

describe('simple_one_for_one', () => {
  type Dynamic = Ref<DynamicSupervisorProtocol<Protocol, undefined>>

  async function runDynamic(options: { maxChildren?: number } = {}): Promise<Dynamic> {
    const definition = dynamicSupervisor({ name: 'sup', child: worker, recovery: restartAtOnce(), ...options })
    const sup = system.spawn(definition, { name: 'sup' }) as unknown as Dynamic
    await env.settle()
    return sup
  }

  test('start_child: always a new one, but for an id that is taken', async () => {
    const sup = await runDynamic()
    const [one, two] = await settled(Promise.all([sup.ask({ type: 'startChild' }), sup.ask({ type: 'startChild' })]))
    expect(one.ok && two.ok && one.id !== two.id).toBe(true)
    expect(await settled(sup.ask({ type: 'startChild', id: 'x' }))).toMatchObject({ ok: true, id: 'x' })
    expect(await settled(sup.ask({ type: 'startChild', id: 'x' }))).toMatchObject({ ok: false, error: 'already-started' })
  })

  test('terminate_child: of a live foreign child: not_found; ≠ of one that is gone: not_found (OTP: ok)', async () => {
    const sup = await runDynamic()
    const foreign = system.spawn(worker, { name: 'foreign' })
    expect(await settled(sup.ask({ type: 'terminateChild', ref: foreign }))).toMatchObject({ error: 'not-found' })
    const started = await settled(sup.ask({ type: 'startChild' }))
    if (!started.ok) throw new Error(started.detail)
    expect(await settled(sup.ask({ type: 'terminateChild', ref: started.ref }))).toMatchObject({ ok: true })
    expect(await settled(sup.ask({ type: 'terminateChild', ref: started.ref }))).toMatchObject({ error: 'not-found' })
    foreign.tell({ type: 'end' })
  })

  test('restart_child and delete_child: there are none', async () => {
    const sup = await runDynamic()
    for (const type of ['restartChild', 'deleteChild']) await expect(settled(sup.ask({ type, id: 'x' } as never))).rejects.toThrow(type)
  })

  test('get_childspec: by its ref', async () => {
    const sup = await runDynamic()
    const started = await settled(sup.ask({ type: 'startChild' }))
    if (!started.ok) throw new Error(started.detail)
    expect(await settled(sup.ask({ type: 'getChildSpec', ref: started.ref }))).toMatchObject({ ok: true, spec: { restart: 'permanent' } })
  })

  test('count_children: active, supervisors and workers as OTP; ≠ specs is the number of children, as Elixir', async () => {
    const sup = await runDynamic()
    await settled(Promise.all([sup.ask({ type: 'startChild' }), sup.ask({ type: 'startChild' })]))
    expect(await settled(sup.ask({ type: 'countChildren' }))).toEqual({ specs: 2, active: 2, supervisors: 0, workers: 2 })
  })

  test('max_children (Elixir): no more than so many, those that are restarting included', async () => {
    const sup = await runDynamic({ maxChildren: 1 })
    await settled(sup.ask({ type: 'startChild', id: 'x' }))
    expect(await settled(sup.ask({ type: 'startChild', id: 'y' }))).toMatchObject({ error: 'max-children' })
    await settled(sup.ask({ type: 'terminateChild', id: 'x' }))
    expect(await settled(sup.ask({ type: 'startChild', id: 'y' }))).toMatchObject({ ok: true })
  })
})

describe('reports', () => {
  const seen = (type: SystemEvent['type']): SystemEvent[] => events.filter((event) => event.type === type)

  test('child_terminated: a child that fails', async () => {
    await run({ children: [atOnce({ restart: 'temporary' })] })
    tell('/sup/a', 'crash')
    await env.settle()
    expect(seen('actor.failed')).toMatchObject([{ path: '/sup/a', phase: 'handling' }])
  })

  test('child_terminated: a permanent child that ends in order, too; a transient one does not', async () => {
    await run({ children: [atOnce(), atOnce({ id: 'b', restart: 'transient' })] })
    tell('/sup/b', 'end')
    await env.settle()
    expect(seen('actor.failed')).toEqual([])
    const before = seen('actor.stopped').length
    tell('/sup/a', 'end')
    await env.settle()
    expect(seen('actor.stopped').slice(before)).toMatchObject([{ path: '/sup/a', reason: 'normal' }])
    expect(seen('actor.restarted')).toMatchObject([{ path: '/sup/a' }])
  })

  test('start_error, and shutdown with reached_max_restart_intensity: who, and how many within what', async () => {
    await run({ children: [atOnce()], intensity: { restarts: 2, withinMs: 1_000 } })
    broken = true
    tell('/sup/a', 'crash')
    await env.settle()
    expect(seen('actor.failed').slice(1)).toMatchObject([{ phase: 'starting' }, { phase: 'starting' }])
    expect(seen('supervisor.gave-up')).toMatchObject([{ path: '/sup', child: 'a', restarts: 2, withinMs: 1_000 }])
  })
})
