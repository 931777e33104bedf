import type { SystemEvent } from '@understudy/actors'
import { expect, test } from 'vitest'
import { virtualClock } from './clock.ts'
import type { Payment } from './domain/payment.ts'
import { play, type Result } from './play.ts'
import { type Authorisation, Bank } from './world/bank.ts'

async function story(
  seed: number,
  bank?: (clock: ReturnType<typeof virtualClock>) => Bank,
): Promise<{ result: Result; events: SystemEvent[] }> {
  const clock = virtualClock(seed)
  const events: SystemEvent[] = []
  const result = await play(seed, clock, { note() {}, progress() {}, event: (event) => events.push(event) }, bank?.(clock))
  return { result, events }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])('every payment is accepted once or refused with a reason, nothing is lost: seed %d', async (seed) => {
  const { result, events } = await story(seed)
  const { reckoning } = result
  expect(reckoning.complaints).toEqual([])
  expect(reckoning.payments).toBeGreaterThan(800)
  expect(reckoning.accepted + Object.values(reckoning.refused).reduce((sum, count) => sum + count, 0)).toBe(reckoning.payments)
  // It was not for want of trouble.
  const reached = new Set(
    events.flatMap((event) => (event.type === 'recovery.moved' ? [`${event.path.slice('/gateway/'.length)} ${event.to}`] : [])),
  )
  for (const state of ['acquirer shedding', 'acquirer halfOpen', 'reader waiting', 'receipts quarantined', 'receipts onTrial']) {
    expect(reached).toContain(state)
  }
  // Whom it waits for depends on what it failed of first.
  expect(reached.has('forwarder gated') || reached.has('forwarder waiting')).toBe(true)
  expect(reckoning.onStandIn).toBeGreaterThan(100)
  expect(events.filter(({ type }) => type === 'recovery.replaced' || type === 'supervisor.gave-up')).toEqual([])
})

test('the same seed tells the same story', async () => {
  const [first, second] = [await story(11), await story(11)]
  expect(second.result).toEqual(first.result)
  expect(second.events.filter(({ type }) => type === 'recovery.moved')).toEqual(
    first.events.filter(({ type }) => type === 'recovery.moved'),
  )
})

test('with a bank that posts a repeated payment again, the books do not balance, and say so', async () => {
  class ForgetfulBank extends Bank {
    override async authorise(payment: Payment): Promise<Authorisation> {
      const answer = await super.authorise(payment)
      if (answer === 'approved' && payment.id.endsWith('7')) this.movements.push({ id: payment.id, cents: payment.cents })
      return answer
    }
  }
  const { result } = await story(7, ({ env }) => new ForgetfulBank(env, 7))
  expect(result.reckoning.complaints.length).toBeGreaterThan(0)
  for (const complaint of result.reckoning.complaints) expect(complaint).toMatch(/^p-\d*7: (accepted|refused).*the bank moved \d+$/)
})
