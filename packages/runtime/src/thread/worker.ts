// What runs in a worker thread: a small system that starts actors by module and name, and speaks with the main side.

import { parentPort, workerData } from 'node:worker_threads'
import { type Address, parseAddress } from '../contracts/address.ts'
import type { ActorDefinition } from '../contracts/behavior.ts'
import { describeCause, type ExitReason } from '../contracts/exit-reason.ts'
import type { Endpoint } from '../contracts/endpoint.ts'
import type { Protocol } from '../contracts/message.ts'
import type { Child, SupervisingDefinition, SupervisionControl } from '../contracts/supervision.ts'
import { Cell } from '../actor/cell.ts'
import { shaped } from '../actor/definition-shape.ts'
import { noHandlers } from '../actor/handler-table.ts'
import { joinStrayErrors } from '../system/stray-errors.ts'
import { claimStray } from '../system/system.ts'
import { systemEnv } from '../dispatch/system-env.ts'
import { ThreadModuleError } from '../errors.ts'
import type { FromThread, ToThread } from './frame.ts'
import { InnerHalf } from './inner-half.ts'
import { causeToData, reasonFromData } from './portable.ts'
import { ThreadHost } from './thread-host.ts'
import type { ThreadData } from './thread.ts'

const port = parentPort!
const send = (frame: FromThread): void => port.postMessage(frame)

const halves = new Map<number, InnerHalf>()
const parents = new Map<string, SupervisionControl>()

// One clock for both sides: each counts from its own beginning.
const { aheadMs } = (workerData as ThreadData).understudy
const behindMs = systemEnv.wallNow() - systemEnv.now() - aheadMs
const host = new ThreadHost({ ...systemEnv, now: () => systemEnv.now() + behindMs }, send)
host.root = new Cell(host, null, standIn(''), { name: 'root' })
host.life.start(host.root)
// What belongs to no actor ends the thread, and so is the failure of all who live in it.
joinStrayErrors({ claim: claimStray, unattributed() {}, stop() {} })

/** Stands for an ancestor, and keeps those beneath it that fail until the main side decides. */
function standIn(path: string): SupervisingDefinition<Protocol, unknown> {
  return shaped({
    name: 'stand-in',
    start: () => undefined,
    handlers: noHandlers,
    capacity: 1,
    overflow: 'reject',
    shutdownMs: 'infinity',
    supervise(control) {
      parents.set(path, control)
      return {
        started: (child) => ifHalf(child, (half) => send({ t: 'started', id: half.id })),
        down: (child, reason) => {
          ifHalf(child, (half) => half.down(reason))
          if (typeof reason === 'string' || !('phase' in reason) || reason.phase === 'starting') control.order(child, { type: 'remove' })
        },
      }
    },
  })
}

function ifHalf(child: Child, then: (half: InnerHalf) => void): void {
  for (const half of halves.values()) if (half.cell === child) then(half)
}

function parentOf(path: string): Cell {
  let cell = host.root
  let at = ''
  for (const name of path.split('/').slice(1, -1)) {
    at += `/${name}`
    const known: Cell | undefined = cell.children?.named.get(name)
    cell = known ?? cell.adopt(standIn(at), { name })
    host.standIns.add(cell)
  }
  return cell
}

/** Finds a definition among what its module exports. @throws ThreadModuleError */
async function load(module: string, name: string): Promise<ActorDefinition<Protocol, unknown>> {
  let exported: Record<string, unknown>
  try {
    exported = (await import(module)) as Record<string, unknown>
  } catch (cause) {
    throw new ThreadModuleError(module, name, `importing it failed: ${describeCause(cause)}`, { cause })
  }
  const found = Object.values(exported).find((value): value is ActorDefinition<Protocol, unknown> => {
    const { name: its, start } = (value ?? {}) as Partial<ActorDefinition<Protocol, unknown>>
    return its === name && typeof start === 'function'
  })
  if (found === undefined) throw new ThreadModuleError(module, name, `it exports no actor of that name`)
  return found
}

/** Starts under way, until their module is there. */
const loading = new Set<number>()

async function start(frame: Extract<ToThread, { t: 'start' }>): Promise<void> {
  const { id, address, module, name } = frame
  try {
    const at = parseAddress(address)!
    host.identity = at.node
    loading.add(id)
    const definition = await load(module, name)
    // The incarnation before may still be on its way out.
    await host.halves.get(at.path)?.ended
    if (!loading.delete(id)) return
    send({ t: 'loaded', id })
    const half = new InnerHalf(frame, definition, host.crossing.endpoint(at), host.crossing, send)
    const parent = parentOf(at.path)
    halves.set(id, half)
    host.halves.set(at.path, half)
    const cell = parent.adopt(half.definition(), {
      name: at.path.slice(at.path.lastIndexOf('/') + 1),
      input: host.crossing.open(frame.input),
    })
    cell.signal({ type: 'watch', watcher: undertaker(half, at), target: cell.address })
  } catch (cause) {
    loading.delete(id)
    send({ t: 'start-failed', id, cause: causeToData(cause) })
  }
}

/** Tells the main side when an inner half is no more. */
function undertaker(half: InnerHalf, address: Address): Endpoint {
  const nobody = host.crossing.endpoint(address)
  return {
    host,
    address,
    outstanding: 0,
    accepts: () => false,
    post: (message, replyTo) => nobody.post(message, replyTo),
    signal(signal) {
      if (signal.type !== 'terminated') return
      halves.delete(half.id)
      host.halves.delete(address.path)
      half.over()
      send({ t: 'ended', id: half.id })
    },
  }
}

function end(id: number, reason: ExitReason, isRestart: boolean): void {
  const half = halves.get(id)
  if (half?.cell !== undefined) {
    half.isRestart = isRestart
    host.life.end(half.cell, reason, 'remove')
  } else if (loading.delete(id)) send({ t: 'ended', id })
}

port.on('message', (frame: ToThread) => {
  switch (frame.t) {
    case 'start':
      void start(frame)
      return
    case 'messages':
      halves.get(frame.id)?.deliver(frame.items)
      return
    case 'unstashed':
      halves.get(frame.id)?.unstashed()
      return
    case 'resume': {
      const cell = halves.get(frame.id)?.cell
      if (cell !== undefined) parents.get(cell.parent!.path)?.order(cell, { type: 'resume' })
      return
    }
    case 'end':
      end(frame.id, reasonFromData(frame.reason), frame.isRestart)
      return
    case 'kill':
      end(frame.id, 'killed', false)
      return
    case 'ping':
      host.crossing.sweep()
      send({ t: 'pong' })
      return
    default:
      host.crossing.receive(frame)
  }
})
send({ t: 'ready' })
