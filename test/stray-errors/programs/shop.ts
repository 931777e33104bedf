// A small system with a supervised actor that leaves something behind, or a program that does so itself: `claimed` or `unclaimed`.
// Says on standard output, line by line, what it sees.

import { actor, child, createSystem, supervisor } from '@understudy/actors'

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const till = actor({
  name: 'till',
  strayErrors: 'all',
  on: {
    leave: () => {
      void Promise.reject(new Error('left by the till'))
    },
    hello: (_state, _message, ctx) => ctx.incarnation,
  },
  stopped: () => say('till stopped'),
})
const desk = actor({ name: 'desk', on: {}, stopped: () => say('desk stopped') })
const system = createSystem()
const children = [child(till), child(desk)]
system.spawn(supervisor({ name: 'shop', children }), { name: 'shop' })
const ref = system.ref('/shop/till', till)

if (process.argv[2] === 'claimed') {
  const back = new Promise<void>((resolve) => void system.onEvent('actor.restarted', () => resolve()))
  ref.tell({ type: 'leave' })
  await back
  say(`the till is back in life ${await ref.ask({ type: 'hello' })}`)
  await system.stop()
} else {
  say(`open in life ${await ref.ask({ type: 'hello' })}`)
  void Promise.reject(new Error('left by nobody'))
}
