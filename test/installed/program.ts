// What a user's first program does; `pnpm packages` compiles and runs it in a folder where only the packed tarballs are installed.
import { isMainThread } from 'node:worker_threads'
import { actor, createSystem } from '@understudy/actors'

export const counter = actor({
  name: 'counter',
  module: import.meta.url,
  state: (input: { start: number }) => ({ value: input.start }),
  on: {
    add: (state, message: { by: number }) => {
      state.value += message.by
    },
    value: (state) => state.value,
  },
})

// A thread imports this file, too, to find the counter.
if (isMainThread) {
  const system = createSystem()
  const ref = system.spawn(counter, { input: { start: 40 } })
  ref.tell({ type: 'add', by: 2 })
  const answer: number = await ref.ask({ type: 'value' })
  const threaded = system.spawn(counter, { input: { start: answer }, isolation: 'thread' })
  if ((await threaded.ask({ type: 'value' })) !== answer) throw new Error('the thread has another answer')
  await system.stop()
  console.log(`answer ${answer}`)
}
