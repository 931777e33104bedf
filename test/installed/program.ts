// What a user's first program does; `pnpm packages` compiles and runs it in a folder where only the packed tarballs are installed.
import { actor, createSystem } from '@understudy/actors'

const counter = actor({
  name: 'counter',
  state: (input: { start: number }) => ({ value: input.start }),
  on: {
    add: (state, message: { by: number }) => {
      state.value += message.by
    },
    value: (state) => state.value,
  },
})

const system = createSystem()
const ref = system.spawn(counter, { input: { start: 40 } })
ref.tell({ type: 'add', by: 2 })
const answer: number = await ref.ask({ type: 'value' })
await system.stop()
console.log(`answer ${answer}`)
