import { describe, expect, it } from 'vitest'
import { settle } from './options.ts'
import { unfitFor, wantedStream } from './stream.ts'
import { subjectsOf } from './subjects.ts'

describe('an existing stream', () => {
  const wanted = wantedStream(subjectsOf('shop'), settle({ replicas: 3 }))

  it('will do when it is as this version makes it', () => {
    expect(unfitFor(wanted, wanted)).toEqual([])
  })

  it('will do when only its sizes and times differ, or it has more replicas', () => {
    expect(
      unfitFor(wanted, { ...wanted, max_bytes: 1, duplicate_window: 1, description: '', subject_delete_marker_ttl: 1, num_replicas: 5 }),
    ).toEqual([])
  })

  it('is unfit, in words, when something that safety rests on differs', () => {
    expect(unfitFor(wanted, { ...wanted, max_msgs_per_subject: 5 })).toEqual(['max_msgs_per_subject is 5, not 1'])
    expect(unfitFor(wanted, { ...wanted, num_replicas: 1 })).toEqual(['num_replicas is 1, not 3'])
    expect(unfitFor(wanted, { ...wanted, allow_msg_ttl: false })).toEqual(['allow_msg_ttl is false, not true'])
    expect(unfitFor(wanted, { ...wanted, subject_delete_marker_ttl: 0 })).toEqual(['subject_delete_marker_ttl is not set'])
    expect(unfitFor(wanted, { ...wanted, max_age: 1 })).toEqual(['max_age is set'])
    expect(unfitFor(wanted, { ...wanted, republish: { src: 'usj.shop.>', dest: 'elsewhere.>' } })).toHaveLength(1)
    expect(unfitFor(wanted, {}).length).toBeGreaterThan(5)
  })
})
