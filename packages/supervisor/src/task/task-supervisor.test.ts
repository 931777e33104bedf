import { InvalidOptionError } from '@understudy/runtime'
import { expect, test } from 'vitest'
import { taskSupervisor } from './task-supervisor.ts'

test.each([
  { field: 'name', options: { name: '' } },
  { field: 'maxChildren', options: { name: 'x', maxChildren: -1 } },
  { field: 'shutdownMs', options: { name: 'x', shutdownMs: 'later' } },
  { field: 'intensity.withinMs', options: { name: 'x', intensity: { restarts: 1, withinMs: 0 } } },
  { field: 'children', options: { name: 'x', children: [] } },
])('taskSupervisor refuses a wrong $field, and names it', ({ field, options }) => {
  const refused = (): unknown => taskSupervisor(options as never)
  expect(refused).toThrow(InvalidOptionError)
  expect(refused).toThrow(new RegExp(`^${field.replace('.', '\\.')} `))
})
