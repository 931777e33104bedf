import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeIdentity } from '@understudy/runtime/spi'
import { emptyView, type Member, type View } from '../membership/view.ts'
import { claim, type ClaimCommand, claimDefaults, type ClaimEvent, newClaim, type Standing, standingOf, type Takeover } from './claim.ts'

const id = (name: string, incarnation = 1): NodeIdentity => ({ name, incarnation })
const self = id('b', 2)
const other = id('a')
const gone = (quietSince: number): Standing => ({ type: 'gone', quietSince })

class Candidate {
  state
  now = 0
  readonly commands: ClaimCommand[] = []

  constructor(takeover: Takeover = 'fenced') {
    this.state = newClaim(self, takeover, 'b')
  }

  at(now: number, event: ClaimEvent = { type: 'tick' }): readonly ClaimCommand[] {
    this.now = now
    const [state, commands] = claim(this.state, event, now)
    this.state = state
    this.commands.push(...commands)
    return commands
  }

  record(now: number, revision: number, owner: NodeIdentity | null, writer = 'x'): readonly ClaimCommand[] {
    return this.at(now, { type: 'record', revision, owner, writer })
  }

  members(now: number, standing: Standing, rank = 0): readonly ClaimCommand[] {
    return this.at(now, { type: 'members', standing, rank })
  }
}
const write = (n: number, revision: number, owner: NodeIdentity | null = self): ClaimCommand => ({
  type: 'write',
  id: `b.${n}`,
  revision,
  owner,
})
const read = (n: number): ClaimCommand => ({ type: 'read', id: `b.${n}` })
/** A candidate that has read that `other` owns it at revision 7, alive. */
const follower = (takeover: Takeover = 'fenced') => {
  const c = new Candidate(takeover)
  c.at(0)
  c.record(0, 7, other)
  c.members(0, { type: 'alive' })
  return c
}
/** A candidate that leads at epoch 9 since time 100. */
const leader = () => {
  const c = follower()
  c.members(100, gone(0))
  c.at(100, { type: 'acknowledged', id: 'b.2', revision: 9 })
  return c
}

describe('claiming a singleton', () => {
  it('reads the record first, and tries only when it knows its own rank', () => {
    const c = new Candidate()
    expect(c.at(0)).toEqual([read(1)])
    expect(c.at(1)).toEqual([])
    expect(c.record(2, 0, null)).toEqual([])
    expect(c.members(3, gone(-Infinity), 0)).toEqual([write(2, 0)])
  })

  it('reads again when the read got no answer', () => {
    const c = new Candidate()
    c.at(0)
    c.at(10, { type: 'unknown', id: 'b.1' })
    expect(c.at(159)).toEqual([])
    expect(c.at(160)).toEqual([read(1)])
  })

  it.each([0, 1, 4])('waits its turn: rank %i', (rank) => {
    const c = new Candidate()
    c.at(0)
    c.record(1000, 7, null)
    const turn = 1000 + rank * claimDefaults.rankDelayMs
    const before = c.members(1000, gone(-Infinity), rank)
    if (rank > 0) {
      expect(before).toEqual([])
      expect(c.at(turn - 1)).toEqual([])
    }
    c.at(turn)
    expect(c.commands.at(-1)).toEqual(write(2, 7))
  })

  it('follows a living owner and never tries', () => {
    const c = follower()
    expect(c.commands.at(-1)).toEqual({ type: 'follow', owner: other, epoch: 7 })
    expect(c.at(1_000_000)).toEqual([])
  })

  it("takes over a fenced singleton as soon as its owner's node is gone", () => {
    expect(follower().members(5000, gone(1000))).toEqual([write(2, 7)])
  })

  it('takes over an exclusive singleton only when the lease of its owner was quiet for 20 s', () => {
    const c = follower('exclusive')
    expect(c.members(5000, gone(1500), 1)).toEqual([])
    expect(c.at(21_649)).toEqual([])
    expect(c.at(21_650)).toEqual([write(2, 7)])
  })

  it('takes over an exclusive singleton at once when it was released', () => {
    expect(follower('exclusive').record(5000, 8, null)).toEqual([write(2, 8)])
  })

  it('gives up its try when the owner turns out to live', () => {
    const c = follower('exclusive')
    c.members(5000, gone(1500))
    c.members(9000, { type: 'alive' })
    expect(c.at(100_000)).toEqual([])
  })

  it('leads by an acknowledged write only, with its revision for an epoch', () => {
    const c = follower()
    c.members(100, gone(0))
    expect(c.at(130, { type: 'acknowledged', id: 'b.2', revision: 9 })).toEqual([{ type: 'lead', epoch: 9, vacantSince: 100 }])
    expect(c.state).toMatchObject({ status: 'leading', epoch: 9 })
  })

  it('reads the record when it lost the race, follows the winner and does not try against it', () => {
    const c = follower()
    c.members(100, gone(0))
    expect(c.at(110, { type: 'conflict', id: 'b.2' })).toEqual([read(2)])
    expect(c.record(120, 8, id('c'))).toEqual([{ type: 'follow', owner: id('c'), epoch: 8 }])
    expect(c.at(1000)).toEqual([])
  })

  it('does not believe a read that is older than its own try, and asks again', () => {
    const c = follower()
    c.members(100, gone(0))
    c.at(110, { type: 'conflict', id: 'b.2' })
    expect(c.record(120, 7, other)).toEqual([])
    expect(c.at(270)).toEqual([write(2, 7)])
  })

  it('sends a write of unknown outcome again under the same id', () => {
    const c = follower()
    c.members(100, gone(0))
    c.at(200, { type: 'unknown', id: 'b.2' })
    expect(c.at(349)).toEqual([])
    expect(c.at(350)).toEqual([write(2, 7)])
  })

  it('leads when it finds its own write, of which the answer was lost', () => {
    const c = follower()
    c.members(100, gone(0))
    c.at(200, { type: 'unknown', id: 'b.2' })
    expect(c.record(210, 9, self, 'b.2')).toEqual([{ type: 'lead', epoch: 9, vacantSince: 100 }])
    expect(c.at(220, { type: 'acknowledged', id: 'b.2', revision: 9 })).toEqual([])
  })

  it('does not lead by the late answer to a write that somebody has overwritten since', () => {
    const c = follower()
    c.members(100, gone(0))
    c.record(150, 12, id('c'))
    expect(c.at(160, { type: 'acknowledged', id: 'b.2', revision: 9 })).toEqual([])
    expect(c.state.status).toBe('following')
  })

  it('takes again what an earlier term of its own node left behind, under a new epoch', () => {
    const c = new Candidate()
    c.at(0)
    expect(c.record(0, 7, self, 'earlier')).toEqual([])
    expect(c.members(0, { type: 'self' })).toEqual([write(2, 7)])
  })

  it('has lost as soon as a newer record is seen', () => {
    const c = leader()
    expect(c.record(500, 12, other)).toMatchObject([
      { type: 'lost', epoch: 9 },
      { type: 'follow', owner: other, epoch: 12 },
    ])
    expect(c.record(501, 12, other)).toEqual([])
  })

  it('is not confused by old records while it leads', () => {
    const c = leader()
    for (const revision of [7, 8, 9]) expect(c.record(500, revision, other)).toEqual([])
    expect(c.members(500, { type: 'self' })).toEqual([])
    expect(c.at(100_000)).toEqual([])
  })

  it('has lost when the store refuses its write, and reads before it tries again', () => {
    const c = leader()
    expect(c.at(500, { type: 'fenced' })).toMatchObject([{ type: 'lost', epoch: 9 }, { type: 'read' }])
    expect(c.members(501, { type: 'self' })).toEqual([])
    expect(c.record(510, 12, other)).toEqual([{ type: 'follow', owner: other, epoch: 12 }])
    expect(c.at(5000)).toEqual([])
  })

  it('releases what it owns when it withdraws, and tries no more', () => {
    const c = leader()
    expect(c.at(500, { type: 'withdraw' })).toEqual([write(3, 9, null)])
    expect(c.at(510, { type: 'unknown', id: 'b.3' })).toEqual([])
    expect(c.at(660)).toEqual([write(3, 9, null)])
    expect(c.at(670, { type: 'acknowledged', id: 'b.3', revision: 10 })).toEqual([{ type: 'withdrawn' }])
    expect(c.members(700, gone(0))).toEqual([])
    expect(c.record(700, 11, null)).toEqual([])
  })

  it('withdraws at once when it owns nothing', () => {
    expect(follower().at(10, { type: 'withdraw' })).toEqual([{ type: 'withdrawn' }])
  })

  it('gives back at once what it wins while it withdraws, and does not lead', () => {
    const c = follower()
    c.members(100, gone(0))
    expect(c.at(110, { type: 'withdraw' })).toEqual([])
    expect(c.at(120, { type: 'acknowledged', id: 'b.2', revision: 9 })).toEqual([write(3, 9, null)])
  })

  it('has withdrawn when somebody else took it meanwhile', () => {
    const c = leader()
    c.at(500, { type: 'withdraw' })
    c.at(510, { type: 'conflict', id: 'b.3' })
    expect(c.record(520, 12, other).at(-1)).toEqual({ type: 'withdrawn' })
  })

  it('never has two leaders that the store accepts: of any candidates, writes and lost answers', () => {
    const names = ['a', 'b', 'c']
    const step = fc.record({
      who: fc.nat(2),
      what: fc.constantFrom('tick', 'answer', 'lose', 'read', 'watch', 'die', 'withdraw'),
      ms: fc.integer({ min: 0, max: 400 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        let revision = 3
        let stored: { revision: number; owner: NodeIdentity | null; writer: string } = { revision: 0, owner: null, writer: '' }
        const ids = new Map<string, number>()
        const dead = new Set<string>()
        const candidates = names.map((name) => ({ name, state: newClaim(id(name), 'fenced', name), open: [] as ClaimCommand[] }))
        const epochs = new Set<number>()
        const now = { ms: 0 }
        const tell = (c: (typeof candidates)[number], event: ClaimEvent) => {
          const [state, commands] = claim(c.state, event, now.ms)
          c.state = state
          for (const command of commands) {
            if (command.type === 'write' || command.type === 'read') c.open.push(command)
            if (command.type === 'lead') {
              expect(epochs.has(command.epoch)).toBe(false)
              epochs.add(command.epoch)
            }
          }
        }
        const serve = (command: ClaimCommand): ClaimEvent => {
          if (command.type === 'read') return { type: 'record', ...stored }
          if (command.type !== 'write') throw new Error('not for the store')
          const known = ids.get(command.id)
          if (known !== undefined) return { type: 'acknowledged', id: command.id, revision: known }
          if (stored.revision !== command.revision) return { type: 'conflict', id: command.id }
          stored = { revision: ++revision, owner: command.owner, writer: command.id }
          ids.set(command.id, revision)
          return { type: 'acknowledged', id: command.id, revision }
        }
        for (const { who, what, ms } of steps) {
          now.ms += ms
          const c = candidates[who]!
          if (what === 'die' && dead.size < 2) dead.add(c.name)
          if (dead.has(c.name)) continue
          if (what === 'withdraw' && ms < 20) tell(c, { type: 'withdraw' })
          if (what === 'watch') tell(c, { type: 'record', ...stored })
          const command = what === 'answer' || what === 'lose' || what === 'read' ? c.open.shift() : undefined
          if (command !== undefined && (command.type === 'write' || command.type === 'read')) {
            const event = serve(command)
            tell(c, what === 'lose' ? { type: 'unknown', id: command.id } : event)
          }
          const owner = c.state.known?.owner ?? null
          const standing: Standing =
            owner === null || dead.has(owner.name) ? gone(-Infinity) : owner.name === c.name ? { type: 'self' } : { type: 'alive' }
          tell(c, { type: 'members', standing, rank: names.filter((name) => !dead.has(name)).indexOf(c.name) })
          tell(c, { type: 'tick' })
          // Whoever leads at the stored revision is the owner it names: any other leader's guarded write is refused.
          for (const { name, state } of candidates) {
            if (state.status === 'leading' && state.epoch === stored.revision) expect(stored.owner).toEqual(id(name))
          }
        }
      }),
      { numRuns: 300 },
    )
  })
})

describe('the standing of an owner', () => {
  const member = (over: Partial<Member>): Member => ({
    identity: other,
    status: 'up',
    roles: [],
    singletons: [],
    pools: [],
    since: 0,
    writer: 'w',
    revision: 5,
    quietSince: 4000,
    firstSeen: 3000,
    ...over,
  })
  const view = (of: Member): View => ({ ...emptyView, members: new Map([[of.identity.name, of]]) })

  it.each<[string, View, NodeIdentity | null, Standing]>([
    ['none', emptyView, null, gone(-Infinity)],
    ['this node', emptyView, self, { type: 'self' }],
    ['a member', view(member({})), other, { type: 'alive' }],
    ['a member that leaves', view(member({ status: 'leaving' })), other, { type: 'alive' }],
    ['a member that was convicted', view(member({ status: 'down' })), other, gone(4000)],
    ['a member that said goodbye', view(member({ status: 'left' })), other, gone(-Infinity)],
    ['an earlier life of a member', view(member({ identity: id('a', 9) })), other, gone(3000)],
    ['an earlier life of this node', view(member({ identity: self })), id('b', 1), gone(3000)],
    ['a life that is newer than what is known', view(member({})), id('a', 9), gone(1000)],
    ['nobody we ever heard of', emptyView, other, gone(1000)],
  ])('%s', (_, seen, owner, standing) => {
    expect(standingOf(seen, owner, self, 1000)).toEqual(standing)
  })
})
