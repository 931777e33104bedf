// A node of a cluster of its own whose child fails until there is a new process. With an argument, a function decides about that.

import { actor, child, ladder, memoryNetwork, startNode, supervisor } from '@understudy/actors'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const leaky = actor({
  name: 'leaky',
  on: {
    work: () => {
      throw new Error('no descriptors left')
    },
  },
})
const ledger = actor({ name: 'ledger', on: {}, stopped: () => say('ledger stopped') })
const root = supervisor({ name: 'app', children: [child(ledger), child(leaky, { recovery: ladder({ rungs: ['process'] }) })] })
const asked = process.argv[2] === 'function'
const node = await startNode({
  cluster: 'restarting',
  name: 'one',
  transport: memoryNetwork().transport(),
  root,
  restartNode: asked ? (why) => (say(why), process.exit(7)) : 'exit',
})
// As many programs have it; it must not hide what the recovery wants.
void node.left.then(() => process.exit(0))
node.system.ref('/app/leaky', leaky).tell({ type: 'work' })
