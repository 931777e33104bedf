// A node of a cluster of its own, whose program leaves a rejection behind.

import { actor, memoryNetwork, startNode } from '@understudy/actors'

const root = actor({ name: 'root', on: {}, stopped: () => void process.stdout.write('root stopped\n') })
const node = await startNode({ cluster: 'stray', name: 'one', transport: memoryNetwork().transport(), root })
void node.left.then((why) => process.stdout.write(`left: ${why}\n`))
void Promise.reject(new Error('left by nobody'))
