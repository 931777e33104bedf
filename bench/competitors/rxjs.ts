// A Subject of RxJS: not an actor but a synchronous call to whoever subscribes. Shown for what giving up queues would buy.

import { Subject } from 'rxjs'
import type { Competitor, Message } from '../harness/competitor.ts'

export const competitor: Competitor<Subject<Message>> = {
  module: 'rxjs',
  spawn(make) {
    const subject = new Subject<Message>()
    subject.subscribe(make())
    return subject
  },
  tell: (ref, message) => ref.next(message),
  stop: (ref) => ref.complete(),
}
