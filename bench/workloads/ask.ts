// Round trips: one at a time, and a thousand at a time.

import type { Competitor, Figures, Handler } from '../harness/competitor.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

/** How many asks are open at once in `ask-1000`. */
export const outstanding = 1000

/** @throws Error when the reply is not the one to that ask. */
export function checkReply(reply: unknown, asked: number): void {
  if (reply !== asked + 1) throw new Error(`asked ${asked}, got ${String(reply)}`)
}

function adder(): Handler {
  let asked = 0
  return (message) => {
    asked += 1
    return message.value + 1
  }
}

async function sequential<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const ask = competitor.ask!
  const ref = await competitor.spawn(adder)
  const elapsed = stopwatch()
  for (let i = 0; i < count; i++) checkReply(await ask(ref, { type: 'ask', value: i }), i)
  const elapsedMs = elapsed()
  await competitor.stop(ref)
  return { 'ask-sequential': perSecond(count, elapsedMs) }
}

async function concurrent<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const ask = competitor.ask!
  const ref = await competitor.spawn(adder)
  const each = Math.floor(count / outstanding)
  const askInTurn = async (): Promise<void> => {
    for (let i = 0; i < each; i++) checkReply(await ask(ref, { type: 'ask', value: i }), i)
  }
  const elapsed = stopwatch()
  await Promise.all(Array.from({ length: outstanding }, askInTurn))
  const elapsedMs = elapsed()
  await competitor.stop(ref)
  return { 'ask-1000': perSecond(each * outstanding, elapsedMs) }
}

export const askSequential: Workload = {
  name: 'ask-sequential',
  about: 'Asks one actor, awaits the reply and checks it, asks again.',
  rows: [{ name: 'ask-sequential', unit: 'ask/s', better: 'more' }],
  count: 500_000,
  smokeCount: 200_000,
  run: sequential,
}

export const ask1000: Workload = {
  name: 'ask-1000',
  about: 'The same from 1,000 askers at once: 1,000 asks are outstanding.',
  rows: [{ name: 'ask-1000', unit: 'ask/s', better: 'more' }],
  count: 1_000_000,
  smokeCount: 300_000,
  run: concurrent,
}
