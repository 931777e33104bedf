import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isValid, lease, type LeaseCommand, leaseDefaults, type LeaseEvent, newLease } from './lease.ts'

class Holder {
  now: number
  state
  readonly commands: LeaseCommand[] = []

  constructor(now = 0) {
    this.now = now
    this.state = newLease('n~5', 5, now)
  }

  at(now: number, event: LeaseEvent = { type: 'tick' }): readonly LeaseCommand[] {
    this.now = now
    const [state, commands] = lease(this.state, event, now)
    this.state = state
    this.commands.push(...commands)
    return commands
  }

  get isValid(): boolean {
    return isValid(this.state, this.now, 0)
  }
}
const write = (n: number, revision: number, isLast = false): LeaseCommand => ({ type: 'write', id: `n~5.${n}`, revision, isLast })
const id = (n: number) => `n~5.${n}`

describe('the lease of a node', () => {
  it('is renewed every 3 s, on condition of its last revision', () => {
    const h = new Holder()
    expect(h.at(2999)).toEqual([])
    expect(h.at(3000)).toEqual([write(1, 5)])
    h.at(3001, { type: 'acknowledged', id: id(1), revision: 8 })
    expect(h.at(5999)).toEqual([])
    expect(h.at(6000)).toEqual([write(2, 8)])
  })

  it('has one write under way at a time, whatever is asked for', () => {
    const h = new Holder()
    h.at(3000)
    for (let now = 3001; now < 14_000; now += 100) {
      expect(h.at(now)).toEqual([])
      expect(h.at(now, { type: 'renew' })).toEqual([])
    }
    expect(h.at(14_000, { type: 'acknowledged', id: id(1), revision: 8 })).toEqual([write(2, 8)])
  })

  it('is valid until 15 s after the last acknowledged write was sent, not after it was answered', () => {
    const h = new Holder()
    h.at(3000)
    h.at(13_000, { type: 'acknowledged', id: id(1), revision: 8 })
    expect(h.state.validUntil).toBe(18_000)
    h.at(17_999)
    expect(h.isValid).toBe(true)
    h.at(18_000)
    expect(h.isValid).toBe(false)
  })

  it('is not valid because a timer has not fired yet: the check compares clocks', () => {
    const state = newLease('n~5', 5, 0)
    expect(isValid(state, 14_999, 0)).toBe(true)
    expect(isValid(state, 15_000, 0)).toBe(false)
  })

  it.each([
    [999, true],
    [1000, false],
    [-1000, false],
    [3_600_000, false],
  ])('after a jump of the wall clock by %i ms is valid: %s', (jump, valid) => {
    expect(isValid(newLease('n~5', 5, 0), 10, jump)).toBe(valid)
  })

  it('sends a write of unknown outcome again, with the same id, and counts from when it was first sent', () => {
    const h = new Holder()
    h.at(3000)
    h.at(5000, { type: 'unknown', id: id(1) })
    expect(h.at(5249)).toEqual([])
    expect(h.at(5250)).toEqual([write(1, 5)])
    h.at(7000, { type: 'unknown', id: id(1) })
    expect(h.at(7250)).toEqual([write(1, 5)])
    h.at(7300, { type: 'acknowledged', id: id(1), revision: 8 })
    expect(h.state).toMatchObject({ validUntil: 18_000, revision: 8 })
  })

  it('recognises its own write behind a refusal', () => {
    const h = new Holder()
    h.at(3000)
    expect(h.at(3100, { type: 'conflict', id: id(1) })).toEqual([{ type: 'read', id: id(1) }])
    expect(h.at(3200, { type: 'found', id: id(1), revision: 8, writer: id(1) })).toEqual([])
    expect(h.state).toMatchObject({ status: 'held', revision: 8, validUntil: 18_000 })
  })

  it('is lost at once when somebody else has written', () => {
    const h = new Holder()
    h.at(3000)
    h.at(3100, { type: 'conflict', id: id(1) })
    expect(h.at(3200, { type: 'found', id: id(1), revision: 8, writer: 'other.3' })).toMatchObject([{ type: 'lost' }])
    expect(h.isValid).toBe(false)
    expect(h.at(60_000, { type: 'renew' })).toEqual([])
  })

  it('is lost when its record is gone', () => {
    const h = new Holder()
    h.at(3000)
    h.at(3100, { type: 'conflict', id: id(1) })
    expect(h.at(3200, { type: 'found', id: id(1) })).toMatchObject([{ type: 'lost', why: 'its record is gone' }])
  })

  it('does not believe a read that shows what was there before the write', () => {
    const h = new Holder()
    h.at(3000)
    h.at(3100, { type: 'conflict', id: id(1) })
    expect(h.at(3200, { type: 'found', id: id(1), revision: 5, writer: 'n~5.0' })).toEqual([])
    expect(h.at(3450)).toEqual([write(1, 5)])
  })

  it('tries again when the read after a refusal gets no answer', () => {
    const h = new Holder()
    h.at(3000)
    h.at(3100, { type: 'conflict', id: id(1) })
    h.at(4000, { type: 'unknown', id: id(1) })
    expect(h.at(4250)).toEqual([write(1, 5)])
  })

  it('lapses once when its time is up, keeps trying, and is regained by an acknowledged write', () => {
    const h = new Holder()
    h.at(3000)
    h.at(4000, { type: 'unknown', id: id(1) })
    h.at(14_999)
    h.at(14_999, { type: 'unknown', id: id(1) })
    expect(h.at(15_000)).toEqual([{ type: 'lapsed' }])
    expect(h.isValid).toBe(false)
    expect(h.at(15_249)).toEqual([write(1, 5)])
    expect(h.commands.filter(({ type }) => type === 'lapsed')).toHaveLength(1)
    expect(h.at(15_300, { type: 'acknowledged', id: id(1), revision: 8 })).toEqual([{ type: 'regained' }, write(2, 8)])
    expect(h.isValid).toBe(true)
    expect(h.state.validUntil).toBe(18_000)
  })

  it('is not regained by the late answer to an old write alone', () => {
    const h = new Holder()
    h.at(3000)
    h.at(40_000)
    expect(h.at(40_000, { type: 'acknowledged', id: id(1), revision: 8 })).toEqual([write(2, 8)])
    expect(h.isValid).toBe(false)
    expect(h.at(40_100, { type: 'acknowledged', id: id(2), revision: 9 })).toEqual([{ type: 'regained' }])
    expect(h.isValid).toBe(true)
  })

  it('is renewed early when its record has something new to say, also while a write is under way', () => {
    const h = new Holder()
    expect(h.at(100, { type: 'renew' })).toEqual([write(1, 5)])
    h.at(110, { type: 'renew' })
    expect(h.at(120, { type: 'acknowledged', id: id(1), revision: 6 })).toEqual([write(2, 6)])
    expect(h.at(130, { type: 'acknowledged', id: id(2), revision: 7 })).toEqual([])
    expect(h.at(3119)).toEqual([])
    expect(h.at(3120)).toEqual([write(3, 7)])
  })

  it('is released by one last write, after the one under way', () => {
    const h = new Holder()
    h.at(3000)
    expect(h.at(3001, { type: 'release' })).toEqual([])
    expect(h.at(3100, { type: 'acknowledged', id: id(1), revision: 6 })).toEqual([write(2, 6, true)])
    expect(h.at(3200, { type: 'acknowledged', id: id(2), revision: 7 })).toEqual([{ type: 'released' }])
    expect(h.isValid).toBe(false)
    expect(h.at(90_000)).toEqual([])
  })

  it('ignores answers to writes it does not wait for', () => {
    const h = new Holder()
    expect(h.at(100, { type: 'acknowledged', id: id(9), revision: 99 })).toEqual([])
    expect(h.at(100, { type: 'conflict', id: id(9) })).toEqual([])
    expect(h.at(100, { type: 'found', id: id(9), writer: 'x', revision: 99 })).toEqual([])
    expect(h.state.revision).toBe(5)
  })

  it('never overlaps with a successor that waits 20 s of unchanged revision, however slow the store, with clocks that differ by up to 14 %', () => {
    // Each sending takes `there` ms to be written and `back` ms to be answered, or its answer is lost; after the last one all are.
    const trip = fc.record({ there: fc.integer({ min: 0, max: 9000 }), back: fc.integer({ min: 0, max: 9000 }), isLost: fc.boolean() })
    const error = fc.double({ min: 0, max: 0.14, noNaN: true })
    fc.assert(
      fc.property(fc.array(trip, { minLength: 1, maxLength: 20 }), error, (trips, rho) => {
        const h = new Holder()
        const written = new Map<string, number>()
        let lastWriteAt = 0
        let revision = 5
        let sendings = 0
        let due: { at: number; event: LeaseEvent }[] = []
        for (let time = 0; time < 90_000; time += 50) {
          // The holder's clock is slow and the successor's fast, which is as bad as it gets.
          const local = time * (1 - rho)
          const commands = [...h.at(local)]
          for (const { at, event } of due) if (at <= time) commands.push(...h.at(local, event))
          due = due.filter(({ at }) => at > time)
          for (const command of commands) {
            if (command.type !== 'write') continue
            const next = trips[sendings++]
            if (next !== undefined && !written.has(command.id)) {
              written.set(command.id, ++revision)
              lastWriteAt = Math.max(lastWriteAt, time + next.there)
            }
            const isAnswered = next !== undefined && !next.isLost
            const event: LeaseEvent = isAnswered
              ? { type: 'acknowledged', id: command.id, revision: written.get(command.id)! }
              : { type: 'unknown', id: command.id }
            due.push({ at: time + (next === undefined ? 1000 : next.there + next.back), event })
          }
          const hasWaited = (time - lastWriteAt) * (1 + rho) >= leaseDefaults.ttlMs
          if (hasWaited && h.isValid) return false
        }
        return true
      }),
    )
  })
})
