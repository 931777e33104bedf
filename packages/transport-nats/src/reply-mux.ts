// All replies of one connection through one wildcard subscription: a slot per question, one deadline per slot. The client's own
// request() costs twice as much and leaves questions hanging when the connection is lost; here they fail at once.

import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/nats-core'
import type { Env, NodeIdentity, TimerHandle } from '@understudy/runtime/spi'
import { StoreUnavailableError } from '@understudy/runtime/spi'
import { formatNodeTokens, parseNodeTokens } from './subjects.ts'

/** A question to the server: `what` names it in errors. */
export interface Question {
  readonly what: string
  readonly subject: string
  readonly payload?: Uint8Array | string
  readonly headers?: MsgHdrs
}

/** The replies of one connection. */
export interface ReplyMux {
  /** Asks and answers the first reply. @throws StoreUnavailableError on time-out, lost connection, or when nobody listens. */
  ask(question: Question): Promise<Msg>
  /** Asks and answers all replies up to and with the first that carries a status. @throws StoreUnavailableError */
  askMany(question: Question): Promise<readonly Msg[]>
  /** The reply subject on which the server's "no responders" for a frame to that node comes back. */
  replyFor(node: NodeIdentity): string
  /** Fails every question that is open: its answer can no longer come, its outcome is unknown. */
  failAll(why: string): void
}

/** What the mux needs from its surroundings. */
export interface MuxContext {
  readonly connection: NatsConnection
  /** The subject prefix that belongs to this connection alone. */
  readonly inbox: string
  readonly env: Env
  readonly timeoutMs: number
  isConnected(): boolean
  onNoResponders(node: NodeIdentity): void
  onFault(error: unknown): void
}

interface Slot {
  readonly what: string
  readonly many: boolean
  readonly replies: Msg[]
  readonly timer: TimerHandle
  resolve(replies: readonly Msg[]): void
  reject(error: Error): void
}

const noResponders = 503

/** Opens the one subscription. */
export function openReplyMux(context: MuxContext): ReplyMux {
  const { connection, inbox, env, timeoutMs } = context
  const slots = new Map<string, Slot>()
  let last = 0

  const take = (token: string): Slot | undefined => {
    const slot = slots.get(token)
    if (slot === undefined) return undefined
    slots.delete(token)
    env.clearTimer(slot.timer)
    return slot
  }

  const receive = (token: string, message: Msg): void => {
    const slot = slots.get(token)
    if (slot === undefined) return // later than its deadline
    const status = message.headers?.code ?? 0
    if (status === noResponders && message.data.length === 0) {
      take(token)?.reject(new StoreUnavailableError(slot.what, 'nobody listens: no stream leader now, or no JetStream'))
      return
    }
    slot.replies.push(message)
    if (!slot.many || status !== 0) take(token)?.resolve(slot.replies)
  }

  connection.subscribe(`${inbox}.>`, {
    callback(error, message) {
      try {
        if (error !== null) throw error
        const rest = message.subject.slice(inbox.length + 1)
        if (rest.startsWith('r.')) return receive(rest.slice(2), message)
        const node = rest.startsWith('u.') ? parseNodeTokens(rest.slice(2)) : undefined
        if (node !== undefined && message.headers?.code === noResponders) context.onNoResponders(node)
      } catch (fault) {
        context.onFault(fault)
      }
    },
  })

  const open = ({ what, subject, payload, headers }: Question, many: boolean): Promise<readonly Msg[]> =>
    new Promise((resolve, reject) => {
      if (!context.isConnected()) {
        reject(new StoreUnavailableError(what, 'not connected'))
        return
      }
      const token = (++last).toString(36)
      const timer = env.setTimer(timeoutMs, () => {
        slots.delete(token)
        reject(new StoreUnavailableError(what, `none within ${timeoutMs} ms`))
      })
      slots.set(token, { what, many, replies: [], timer, resolve, reject })
      try {
        connection.publish(
          subject,
          payload ?? '',
          headers === undefined ? { reply: `${inbox}.r.${token}` } : { reply: `${inbox}.r.${token}`, headers },
        )
      } catch (error) {
        take(token)
        reject(new StoreUnavailableError(what, String(error), { cause: error }))
      }
    })

  return {
    ask: async (question) => (await open(question, false))[0]!,
    askMany: (question) => open(question, true),
    replyFor: (node) => `${inbox}.u.${formatNodeTokens(node)}`,
    failAll(why) {
      for (const token of [...slots.keys()]) {
        const slot = take(token)
        slot?.reject(new StoreUnavailableError(slot.what, why))
      }
    },
  }
}
