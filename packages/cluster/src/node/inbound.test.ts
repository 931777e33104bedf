import { actor, type StandardSchema } from '@understudy/runtime'
import { expect, test } from 'vitest'
import { memoryNetwork } from '../memory/network.ts'
import { startNode } from './node.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

const byNumber: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => {
      const { by } = value as { by?: unknown }
      return typeof by === 'number' ? { value: { by } } : { issues: [{ message: 'must be a number', path: ['by'] }] }
    },
  },
}

const counter = actor({
  name: 'counter',
  state: () => ({ sum: 0, keys: '' }),
  schema: { add: byNumber },
  on: {
    add: (state, message: { by: number }) => {
      state.sum += message.by
      state.keys = Object.keys(message).sort().join()
    },
    look: ({ sum, keys }) => `${sum} ${keys}`,
  },
})

test('a message from another node that its schema refuses does not reach the actor, and its asker is told why', async () => {
  const network = memoryNetwork()
  const [a, b] = await Promise.all(
    ['a', 'b'].map((name) =>
      startNode({ cluster: 'c', name, transport: network.transport(), log: quiet, ...(name === 'a' && { root: counter }) }),
    ),
  )
  try {
    const ref = b!.ref('a', '/counter', counter)
    await expect.poll(() => b!.members().length).toBe(2)
    await expect(ref.ask({ type: 'add', by: '1' } as never)).rejects.toMatchObject({
      code: 'MESSAGE_REFUSED',
      message: expect.stringContaining('by: must be a number') as string,
    })
    ref.tell({ type: 'add', by: 2, evil: true } as never)
    expect(await ref.ask({ type: 'look' })).toBe('2 by,type')
    expect(a!.system.deadLetters.counts.invalid).toBe(1)
  } finally {
    await Promise.all([a!.leave(), b!.leave()])
  }
})
