// What our supervisor has to do: what OTP does, but for the differences that have a name. README.md has the reasons.

import { playModel } from './model.ts'
import type { Difference } from './model.ts'
import type { Call, Script, ScriptEvent, Trace } from './script.ts'

/** The differences that the model can do. `stopped-stay-stopped` is not among them where `reviveStopped` is set. */
const differences: readonly Difference[] = ['group-is-restarting', 'dynamic-specs', 'dynamic-gone']

/** The trace that ours should have: the model's, which is OTP's, with our differences. */
export function expectedTrace(script: Script, reviveStopped = true): Trace {
  return playModel(script, reviveStopped ? differences : [...differences, 'stopped-stay-stopped'])
}

/** Two traces of a script, OTP's and ours, without what no model can say as it depends on the moment. */
export function comparable(script: Script, otp: Trace, ours: Trace): { readonly otp: Trace; readonly ours: Trace } {
  const end = otp.findIndex((line, index) => isMailboxStaying(script, line, index))
  const isCompared = (_: string, index: number): boolean => end === -1 || index < end
  const compared = (line: string, index: number): string => withoutMeanwhile(script, otp[index] ?? '', line, index)
  return { otp: otp.filter(isCompared).map(compared), ours: ours.filter(isCompared).map(compared) }
}

/**
 * `mailbox-stays`: calls wait when their supervisor ends, and its next incarnation answers them, as every message; in OTP their callers
 * exit. From there on the two trees have seen different calls.
 */
function isMailboxStaying(script: Script, line: string, index: number): boolean {
  return callsTogether(script, index).length > 0 && / =gone( |$)/.test(line)
}

/**
 * `asked-meanwhile`: OTP's supervisor answers which_children and count_children when the stops and starts under way are over; ours answers
 * at once, and says `starting`, `stopping` and `restarting`.
 */
function withoutMeanwhile(script: Script, otp: string, line: string, index: number): string {
  const calls = callsTogether(script, index)
  if (calls.length === 0 || !/\+[rsd]\d*( |$)|:(shutdown|killed)/.test(otp)) return line
  let answered = 0
  const words = line.split(' ').map((word) => {
    if (!word.startsWith('=')) return word
    const [name] = calls[answered++]!
    return name === 'which' || name === 'count' ? '=meanwhile' : word
  })
  return words.join(' ')
}

/** The calls of a batch: they reach a supervisor that has something else to do. */
function callsTogether({ events }: Script, index: number): readonly Call[] {
  const event: ScriptEvent | undefined = events[index - 1]
  return event?.[0] === 'batch' ? event[3] : []
}
