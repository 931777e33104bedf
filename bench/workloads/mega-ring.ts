// The ring once more, with 20 different handlers and 20 different shapes of message: what remains when V8 cannot specialise on one.

import type { Competitor, Figures, Handler, Message } from '../harness/competitor.ts'
import { completion } from '../harness/completion.ts'
import { stopMany } from '../harness/spawn-many.ts'
import { stopwatch } from '../harness/stopwatch.ts'
import { perSecond, type Workload } from '../harness/workload.ts'

const size = 1000
const kinds = 20

type Shape = (value: number) => Message
type MakeLink = (tell: (index: number, message: Message) => void, index: number, shape: Shape, done: () => void) => Handler

// From source text: functions of one source share their code and its type feedback.
// oxlint-disable typescript/no-implied-eval -- the source is in this file
const shapes = Array.from(
  { length: kinds },
  (_, kind) => new Function('value', `return { type: 'ping', value, extra${kind}: 1 }`) as unknown as Shape,
)
const links = Array.from({ length: kinds }, (_, kind) => {
  const body = `let count = ${kind}
    return (message) => {
      count += ${kind}
      if (message.value <= 0) done()
      else tell(index + 1 === ${size} ? 0 : index + 1, shape(message.value - 1))
    }`
  return new Function('tell', 'index', 'shape', 'done', body) as unknown as MakeLink
})

async function run<R>(competitor: Competitor<R>, count: number): Promise<Figures> {
  const { promise, done } = completion()
  const refs: R[] = []
  const tell = (index: number, message: Message): void => competitor.tell(refs[index]!, message)
  for (let index = 0; index < size; index++) {
    refs.push(await competitor.spawn(() => links[index % kinds]!(tell, index, shapes[index % kinds]!, done)))
  }
  const elapsed = stopwatch()
  tell(0, { type: 'ping', value: count - 1 })
  await promise
  const elapsedMs = elapsed()
  await stopMany(competitor, refs)
  return { 'mega-ring': perSecond(count, elapsedMs) }
}

export const megaRing: Workload = {
  name: 'mega-ring',
  about: 'The ring with 20 different handlers and 20 shapes of message.',
  rows: [{ name: 'mega-ring', unit: 'hop/s', better: 'more' }],
  count: 3_000_000,
  warmUp: 0.3,
  run,
}
