import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeIdentity } from '@understudy/runtime/spi'
import { detect, type DetectorEvent, detectorDefaults, newDetector, type Verdict } from './detector.ts'

const id = (name: string, incarnation = 1): NodeIdentity => ({ name, incarnation })
type Heard = readonly [at: number, text: string]

/** A detector that is ticked every 250 ms and hears the nodes in `alive` every 500 ms. */
class Watcher {
  readonly said: Heard[] = []
  readonly verdicts: Verdict[] = []
  readonly alive = new Set<string>()
  now: number
  #state
  #nextTick: number
  #nextBeat: number

  constructor(names: readonly string[], start = 0) {
    this.now = start
    this.#state = newDetector(start)
    this.#nextTick = start + detectorDefaults.tickMs
    this.#nextBeat = start + detectorDefaults.heartbeatMs
    for (const name of names) {
      this.alive.add(name)
      this.tell({ type: 'watch', node: id(name) })
    }
  }

  tell(event: DetectorEvent): void {
    const [state, verdicts] = detect(this.#state, event, this.now)
    this.#state = state
    this.verdicts.push(...verdicts)
    for (const verdict of verdicts) this.said.push([this.now, 'node' in verdict ? `${verdict.type} ${verdict.node.name}` : verdict.type])
  }

  hint(type: 'unreachable' | 'connection-closed', name: string): void {
    this.tell({ type, node: id(name) })
  }

  run(ms: number): this {
    const until = this.now + ms
    for (;;) {
      this.now = Math.min(this.#nextTick, this.#nextBeat, until)
      if (this.now === this.#nextBeat) {
        for (const name of this.alive) this.tell({ type: 'heartbeat', node: id(name) })
        this.#nextBeat += detectorDefaults.heartbeatMs
      } else if (this.now === this.#nextTick) {
        this.tell({ type: 'tick' })
        this.#nextTick += detectorDefaults.tickMs
      } else return this
    }
  }

  /** The own process stands still: nothing is heard, no tick comes. What arrived meanwhile comes first or last. */
  stall(ms: number, heartbeatsFirst: boolean): this {
    this.now += ms
    this.#nextTick = this.now
    this.#nextBeat = heartbeatsFirst ? this.now : this.now + 1
    return this
  }

  texts(): string[] {
    return this.said.map(([, text]) => text)
  }
}
const fresh = (...names: string[]) => new Watcher(names).run(10_000)

describe('failure detector', () => {
  it('says nothing while all are heard', () => {
    expect(fresh('a', 'b', 'c').texts()).toEqual([])
  })

  it('suspects a silent node after 2 s and convicts it after 3.5 s, at the next tick, and then is quiet', () => {
    const w = fresh('a', 'b', 'c')
    const lastHeard = w.now
    w.alive.delete('a')
    w.run(600_000)
    expect(w.texts()).toEqual(['suspect a', 'convict a'])
    const [suspected, convicted] = w.said.map(([at]) => at - lastHeard)
    expect(suspected).toBeGreaterThanOrEqual(2000)
    expect(suspected).toBeLessThanOrEqual(2250)
    expect(convicted).toBeGreaterThanOrEqual(3500)
    expect(convicted).toBeLessThanOrEqual(4000)
  })

  it('can fire for a node that was never heard at all', () => {
    const w = new Watcher(['a'])
    w.alive.clear()
    expect(w.run(5000).texts()).toEqual(['suspect a', 'convict a'])
  })

  it('is not kept from firing by heartbeats of other nodes or of other lives of the same node', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.delete('a')
    for (let i = 0; i < 50; i++) {
      w.tell({ type: 'heartbeat', node: id('a', 2) })
      w.tell({ type: 'heartbeat', node: id('stranger') })
      w.run(100)
    }
    expect(w.texts()).toEqual(['suspect a', 'convict a'])
  })

  it('trusts a suspect again at its next heartbeat, and begins anew', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.delete('a')
    w.run(3000)
    w.alive.add('a')
    w.run(10_000)
    expect(w.texts()).toEqual(['suspect a', 'trust a'])
    w.alive.delete('a')
    w.run(3000)
    expect(w.texts()).toEqual(['suspect a', 'trust a', 'suspect a'])
  })

  it.each(['unreachable', 'connection-closed'] as const)(
    'on %s suspects and probes at once, and convicts when the probe finds nobody',
    (hint) => {
      const w = fresh('a', 'b', 'c')
      w.alive.delete('a')
      w.hint(hint, 'a')
      expect(w.texts()).toEqual(['suspect a', 'probe a'])
      const probe = w.verdicts.find(({ type }) => type === 'probe') as Extract<Verdict, { type: 'probe' }>
      expect(probe.afterMs).toBeGreaterThanOrEqual(detectorDefaults.confirmAfterMs)
      w.run(probe.afterMs)
      w.hint('unreachable', 'a')
      expect(w.texts()).toEqual(['suspect a', 'probe a', 'convict a'])
      w.hint('unreachable', 'a')
      expect(w.run(60_000).texts()).toHaveLength(3)
    },
  )

  it('takes hints in a bunch for one', () => {
    const w = fresh('a', 'b', 'c')
    for (const hint of ['connection-closed', 'unreachable', 'unreachable'] as const) w.hint(hint, 'a')
    w.run(19)
    w.hint('unreachable', 'a')
    expect(w.texts()).toEqual(['suspect a', 'probe a'])
  })

  it('does not convict a node whose connection closes again and again', () => {
    const w = fresh('a', 'b', 'c')
    for (let i = 0; i < 10; i++) {
      w.hint('connection-closed', 'a')
      w.run(30)
    }
    expect(w.texts().filter((text) => text.startsWith('convict'))).toEqual([])
  })

  it('does not count two hints with a heartbeat in between', () => {
    const w = fresh('a', 'b', 'c')
    w.hint('unreachable', 'a')
    w.tell({ type: 'heartbeat', node: id('a') })
    w.run(100)
    w.hint('unreachable', 'a')
    expect(w.texts()).toEqual(['suspect a', 'probe a', 'trust a', 'suspect a', 'probe a'])
  })

  it('does not count two hints that are far apart', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.delete('a')
    w.hint('unreachable', 'a')
    w.run(2001)
    w.hint('unreachable', 'a')
    expect(w.texts()).toEqual(['suspect a', 'probe a', 'probe a'])
  })

  it('convicts a suspect by silence when no second hint comes, not sooner than a silent one', () => {
    const w = fresh('a', 'b', 'c')
    const lastHeard = w.now
    w.alive.delete('a')
    w.hint('connection-closed', 'a')
    w.run(10_000)
    const [at] = w.said.find(([, text]) => text === 'convict a')!
    expect(at - lastHeard).toBeGreaterThanOrEqual(3500)
    expect(at - lastHeard).toBeLessThanOrEqual(3750)
  })

  it('knows nothing of nodes it need not watch any more, and watches nobody twice', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.delete('a')
    w.run(1500)
    w.tell({ type: 'watch', node: id('a') })
    w.run(1000)
    expect(w.texts()).toEqual(['suspect a'])
    w.tell({ type: 'forget', node: id('a') })
    w.hint('unreachable', 'a')
    expect(w.run(60_000).texts()).toEqual(['suspect a'])
  })

  it.each([700, 3000, 20_000, 600_000])('judges nobody after its own loop stalled for %i ms', (stalledMs) => {
    for (const heartbeatsFirst of [true, false]) {
      const w = fresh('a', 'b', 'c').stall(stalledMs, heartbeatsFirst)
      w.hint('unreachable', 'a')
      w.hint('connection-closed', 'b')
      w.run(30)
      w.hint('unreachable', 'a')
      expect(w.run(10_000).texts()).toEqual([])
    }
  })

  it('finds out about a node that died while its own loop stalled', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.delete('a')
    w.stall(5000, false).run(5000)
    expect(w.texts()).toEqual(['suspect a', 'convict a'])
  })

  it('takes being told of a stall as well as noticing it', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.delete('a')
    w.run(1900)
    w.tell({ type: 'loop-stalled', stalledMs: 1500 })
    w.run(1400)
    expect(w.texts()).toEqual([])
    expect(w.run(5000).texts()).toEqual(['suspect a', 'convict a'])
  })

  it('judges nobody while its connection is lost, nor just after', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.clear()
    w.run(300)
    w.tell({ type: 'link-lost' })
    w.tell({ type: 'link-lost' })
    w.hint('unreachable', 'a')
    w.run(60_000)
    w.tell({ type: 'link-restored' })
    w.run(450)
    w.hint('unreachable', 'a')
    w.run(30)
    w.hint('unreachable', 'a')
    for (const name of ['a', 'b', 'c']) w.alive.add(name)
    expect(w.run(10_000).texts()).toEqual([])
  })

  it('suspects itself first when most others fall silent at once, and says so once', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.clear()
    w.run(4000)
    expect(w.texts()).toEqual(['suspect a', 'suspect b', 'suspect c', 'suspect-myself'])
    for (const name of ['a', 'b', 'c']) w.alive.add(name)
    expect(w.run(2000).texts().slice(4)).toEqual(['trust a', 'trust b', 'trust c'])
  })

  it('convicts most of the others once its own connection is confirmed', () => {
    const w = fresh('a', 'b')
    w.alive.clear()
    w.hint('connection-closed', 'a')
    w.hint('connection-closed', 'b')
    expect(w.texts()).toEqual(['suspect a', 'probe a', 'suspect b', 'suspect-myself', 'probe b'])
    w.run(1)
    w.tell({ type: 'self-confirmed' })
    w.run(24)
    w.hint('unreachable', 'a')
    w.hint('unreachable', 'b')
    expect(w.texts().slice(5)).toEqual(['convict a', 'convict b'])
  })

  it('convicts most of the others after all when nothing ever explains their silence', () => {
    const w = fresh('a', 'b', 'c')
    w.alive.clear()
    expect(w.run(20_000).texts().slice(4)).toEqual(['convict a', 'convict b', 'convict c'])
  })

  it('does not suspect itself for one silent node, nor for half of them', () => {
    const one = fresh('a')
    one.alive.clear()
    expect(one.run(10_000).texts()).toEqual(['suspect a', 'convict a'])
    const half = fresh('a', 'b', 'c', 'd')
    half.alive.delete('a')
    half.alive.delete('b')
    expect(half.run(10_000).texts()).toEqual(['suspect a', 'suspect b', 'convict a', 'convict b'])
  })

  it('works at time zero: a hint at the beginning of time is one', () => {
    const w = new Watcher(['a'])
    w.hint('unreachable', 'a')
    w.now = 25
    w.hint('unreachable', 'a')
    expect(w.texts()).toEqual(['suspect a', 'probe a', 'convict a'])
  })

  it('never convicts a node that beats on time, whatever else happens to this node', () => {
    const trouble = fc.record({
      after: fc.integer({ min: 0, max: 3000 }),
      what: fc.constantFrom('stall' as const, 'link' as const, 'hint' as const, 'none' as const),
      ms: fc.integer({ min: 0, max: 8000 }),
      first: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(trouble, { maxLength: 12 }), (troubles) => {
        const w = fresh('a', 'b', 'c')
        w.alive.delete('b')
        for (const { after, what, ms, first } of troubles) {
          w.run(after)
          if (what === 'stall') w.stall(ms, first)
          if (what === 'hint') w.hint('connection-closed', 'a')
          if (what === 'link') {
            w.tell({ type: 'link-lost' })
            w.alive.clear()
            w.run(ms)
            w.tell({ type: 'link-restored' })
            w.alive.add('a').add('c')
          }
        }
        w.run(20_000)
        expect(w.texts()).not.toContain('convict a')
        expect(w.texts()).not.toContain('convict c')
        expect(w.texts().filter((text) => text === 'convict b')).toHaveLength(1)
      }),
    )
  })
})
