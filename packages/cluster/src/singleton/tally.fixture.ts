// A leader-singleton that counts, on three nodes, and what tests look at.

import { actor, type Ref, type Tenure } from '@understudy/runtime'
import { NodeUnreachableError } from '@understudy/runtime/spi'
import { child, supervisor } from '@understudy/supervisor'
import { type ClusterStage, eventsOf, type Player } from '../stage.fixture.ts'
import { singleton, type SingletonOptions } from './singleton.ts'

interface Tally {
  total: number
  readonly numbers: number[]
}

/** What goes on behind the scenes of all tallies of a test file. */
export const backstage = {
  /** Tenures that were handed out, so that a test can act for a leader that should not act any more. */
  tenures: [] as Tenure[],
  startsToFail: 0,
  reset(): void {
    this.tenures = []
    this.startsToFail = 0
  },
}

/** Counts what it is told to, and saves it before it answers. */
export const tally = actor({
  name: 'tally',
  state: async (_, ctx): Promise<Tally> => {
    if (backstage.startsToFail > 0) {
      backstage.startsToFail--
      throw new Error('cannot start now')
    }
    const state = (await ctx.tenure.load<Tally>()) ?? { total: 0, numbers: [] }
    backstage.tenures.push(ctx.tenure)
    return state
  },
  on: {
    add: async (state, message: { n: number }, ctx) => {
      const next = { total: state.total + 1, numbers: [...state.numbers, message.n] }
      await ctx.tenure.save(next)
      Object.assign(state, next)
      return state.total
    },
    read: (state, _message, ctx) => ({ ...state, epoch: ctx.epoch }),
    greet: (_state, message: { who: Ref<{ hello(): unknown }> }) => message.who.ask({ type: 'hello' }),
    hang: () => new Promise<void>(() => {}),
    fail: () => {
      throw new Error('it fails')
    },
  },
})

/** The root of a node that may lead. */
export const tallyApp = (options: SingletonOptions = {}) => supervisor({ name: 'app', children: [child(singleton(tally, options))] })
/** The singleton, as one node reaches it. */
export const tallyOf = (player: Player) => player.node.singleton(tally)

/** The nodes a, b and c, one of which leads. */
export async function threeNodes(stage: ClusterStage, options?: SingletonOptions): Promise<[Player, Player, Player]> {
  const root = tallyApp(options)
  const players = [await stage.node('a', { root }), await stage.node('b', { root }), await stage.node('c', { root })] as const
  await stage.until('somebody leads', () => leadersOf(players).length === 1, 5000)
  return [...players]
}

/** All beginnings of leadership, in the order of the nodes. */
export const leadings = (players: readonly Player[]) => players.flatMap((player) => eventsOf(player, 'singleton.leading'))

/** Who believes to lead: the last thing it said of itself is that it does. */
export const leadersOf = (players: readonly Player[]): Player[] =>
  players.filter((player) => {
    const last = player.events.filter(({ type }) => type === 'singleton.leading' || type === 'singleton.lost').at(-1)
    return player.outBecause === undefined && last?.type === 'singleton.leading'
  })

export const others = (players: readonly Player[], not: Player): Player[] => players.filter((player) => player !== not)

/** Adds by asking, again if it went to a leader that was lost just then. */
export function add(stage: ClusterStage, player: Player, n: number): Promise<number> {
  const attempt = (): Promise<number> =>
    tallyOf(player)
      .ask({ type: 'add', n }, { timeoutMs: 30_000 })
      .catch((error: unknown) => {
        if (error instanceof NodeUnreachableError) return attempt()
        throw error
      })
  return stage.run(attempt())
}

export const read = (stage: ClusterStage, player: Player) => stage.run(tallyOf(player).ask({ type: 'read' }, { timeoutMs: 30_000 }))

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)
