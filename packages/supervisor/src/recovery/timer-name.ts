// Timers as people know them: XState calls the one of `after: { rest: … }` in the state `open` `xstate.after.rest.breaker.open`.

/** The name of a delay from a timer's key or an event's type; undefined when it is none of `after`. */
function delayIn(key: string): string | undefined {
  return /^xstate\.after\.([^.]+)\./.exec(key)?.[1]
}

/** A timer's key, for people: of `after` the name of its delay. */
export function timerName(key: string): string {
  return delayIn(key) ?? key
}

/** An event's type, for people: `after rest`. */
export function eventName(type: string): string {
  const delay = delayIn(type)
  return delay === undefined ? type : `after ${delay}`
}
