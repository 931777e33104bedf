// The story: opens the gateway, sends in the customers, lets the bank have its bad minute, and does the books at the end.

import { type ActorSystem, createSystem, recoveryOf, type RecoveryInfo, type SystemEvent } from '@understudy/actors'
import { customers } from './actors/customers.ts'
import type { Clock } from './clock.ts'
import { Journal } from './domain/journal.ts'
import type { Outcome } from './domain/payment.ts'
import { type Reckoning, reckon } from './domain/reckoning.ts'
import { type Arrival, arrivals, badRelease, patienceMs, weathers } from './domain/scenario.ts'
import { openGateway, parts } from './gateway.ts'
import { Bank } from './world/bank.ts'
import { Printer } from './world/printer.ts'

/** Who watches is told everything that may be worth showing. Times are those of the scenario. */
export interface Audience {
  /** Something that people do, or that happens to the world. */
  note(atMs: number, text: string): void
  event(event: SystemEvent): void
  /** From time to time: how far it is. */
  progress(progress: Progress): void
}

/** How far it is. */
export interface Progress {
  readonly atMs: number
  readonly handedIn: number
  readonly accepted: number
  readonly onStandIn: number
  readonly refused: number
  /** Decisions of which the bank does not know yet. */
  readonly unadvised: number
  /** Accepted payments without a receipt. */
  readonly owedReceipts: number
  readonly recoveries: readonly RecoveryInfo[]
}

/** What came of it. */
export interface Result {
  readonly reckoning: Reckoning
  /** How long it took in the scenario. */
  readonly atMs: number
  /** Calls to the bank for what it had done already; it did nothing twice. */
  readonly repeats: number
  readonly restarts: number
  /** Calls that were refused at once while the breaker was open. */
  readonly shed: number
}

const silent = (): void => {}
const quiet = { debug: silent, info: silent, warn: silent, error: silent }
const progressMs = 250
const stopMs = 30_000

/** Plays it to the end, with a bank of ours unless another one is given. */
export async function play(seed: number, clock: Clock, audience: Audience, bank = new Bank(clock.env, seed)): Promise<Result> {
  const { env } = clock
  const startedAt = env.now()
  const system = createSystem({ env, log: quiet })
  const journal = new Journal()
  const printer = new Printer()
  let restarts = 0
  system.onEvent((event) => {
    if (event.type === 'actor.restarted') restarts++
    audience.event({ ...event, at: event.at - startedAt })
  })

  const gateway = openGateway(system, { seed, journal, bank, printer })
  const coming = arrivals(seed)
  const answers = new Map<string, Outcome[]>()
  system.spawn(customers, { name: 'customers', input: { arrivals: coming, desk: gateway.desk, answers } })

  const at = (ms: number, act: () => void): void => void env.setTimer(ms, act)
  const note = (text: string): void => audience.note(env.now() - startedAt, text)
  for (const { fromMs, says } of weathers) at(fromMs, () => note(says))
  at(badRelease.fromMs, () => {
    printer.heading = undefined
    note('somebody rolls out a release of the printer that cannot print')
  })
  at(badRelease.untilMs, () => {
    printer.heading = { text: 'Thank you' }
    gateway.supervisor.ask({ type: 'recoverChild', id: 'receipts', order: 'release' }).then(
      ({ ok }) => {
        const replayed = system.deadLetters.replay({ type: 'print', reason: 'poison' })
        note(
          `an operator takes it back, ${ok ? 'releases the receipts' : 'finds the receipts running'}, and replays ${replayed} dead letters`,
        )
      },
      (error: Error) => note(`an operator takes it back, and the gateway does not answer: ${error.message}`),
    )
  })

  const progress = (): Progress => {
    const outcomes = [...journal.outcomes.values()]
    const accepted = outcomes.filter(({ type }) => type === 'accepted')
    return {
      atMs: env.now() - startedAt,
      handedIn: coming.findLastIndex(({ atMs }) => atMs <= env.now() - startedAt) + 1,
      accepted: accepted.length,
      onStandIn: accepted.filter((outcome) => outcome.type === 'accepted' && outcome.by === 'stand-in').length,
      refused: outcomes.length - accepted.length,
      unadvised: journal.advices.length,
      owedReceipts: journal.owedReceipts.size,
      recoveries: parts.flatMap((part) => recoveryOf(system, `/gateway/${part}`) ?? []),
    }
  }
  const tell = (): void => {
    if (isOver) return
    audience.progress(progress())
    env.setTimer(progressMs, tell)
  }
  let isOver = false
  tell()
  await clock.until(() => isSettled(coming, answers, journal), patienceMs)
  audience.progress(progress())
  isOver = true
  const { atMs } = progress()
  const reckoning = reckon({
    payments: coming.map(({ payment }) => payment),
    unreadable: new Set(coming.flatMap(({ payment: { id, card } }) => (card.chip === undefined ? [id] : []))),
    answers,
    outcomes: journal.outcomes,
    movements: bank.movements,
    unadvised: journal.advices.length,
    receipts: printer.receipts,
  })
  await stop(system, clock)
  const complaints = [...reckoning.complaints, ...messagesLost(system)]
  return { reckoning: { ...reckoning, complaints }, atMs, repeats: bank.repeats, restarts, shed: system.deadLetters.counts.shed }
}

/** Whether every customer has all answers, the bank knows of everything, and every receipt is printed. */
function isSettled(coming: readonly Arrival[], answers: ReadonlyMap<string, readonly Outcome[]>, journal: Journal): boolean {
  if (journal.outcomes.size < coming.length || journal.advices.length > 0 || journal.owedReceipts.size > 0) return false
  return coming.every(({ payment, times }) => answers.get(payment.id)?.length === times)
}

async function stop(system: ActorSystem, clock: Clock): Promise<void> {
  let isStopped = false
  void system.stop().then(() => (isStopped = true))
  if (!(await clock.until(() => isStopped, stopMs))) throw new Error(`the gateway did not stop within ${stopMs} ms`)
}

/** The runtime's own books: every message that was sent was handled, refused, or is a dead letter. */
function messagesLost({ counters }: ActorSystem): string[] {
  const { sent, received, handled, rejected, deadLettered, forwarded, waiting } = counters
  const missing = sent + received - handled - rejected - deadLettered - forwarded - waiting
  return missing === 0 && waiting === 0 ? [] : [`${missing} messages are in no book, and ${waiting} still wait`]
}
