// A machine as an actor: `machineActor` makes the definition, each incarnation is a `MachineRun`.

import type { AnyActor, AnyStateMachine, EmittedFrom, EventFromLogic, InputFrom, OutputFrom } from 'xstate'
import { type AnyContext, checkModule, checkShutdown } from '../actor/define.ts'
import { shaped } from '../actor/definition-shape.ts'
import { checkStrayErrors, defaultStrayErrors, owning, type StrayErrors } from '../actor/attribution.ts'
import { handlerTable } from '../actor/handler-table.ts'
import { checkedHandler, checkSchemaCheck, messageSchemas } from '../actor/schemas.ts'
import { isThenable } from '../actor/thenable.ts'
import { isActorName } from '../contracts/address.ts'
import type { ActorDefinition, MailboxOptions } from '../contracts/behavior.ts'
import type { HandlerTable, Middleware } from '../contracts/handling.ts'
import type { Message, Protocol } from '../contracts/message.ts'
import type { MessageSchemas, StandardSchema } from '../contracts/schema.ts'
import type { Shutdown } from '../contracts/shutdown.ts'
import type { SupervisingDefinition } from '../contracts/supervision.ts'
import type { SupervisionDefaults } from '../contracts/supervision-defaults.ts'
import { ownedBy } from '../dispatch/owner.ts'
import { InvalidOptionError } from '../errors.ts'
import { defaultCapacity } from '../mailbox/mailbox.ts'
import { Inward } from './inward.ts'
import type { MachineProtocol, Replies } from './machine-protocol.ts'
import { isQuery } from './machine-queries.ts'
import { MachineRun } from './machine-run.ts'
import type { RunOptions } from './run-options.ts'
import { type PersistedMachine, unseal } from './persisted-machine.ts'
import { beginningOf, bounded, hasTransitionFor, isMachine, rootRef } from './xstate-inside.ts'

/** Options of a machine actor. */
export interface MachineOptions<M extends AnyStateMachine, R extends Replies = Record<never, never>> {
  /** The default name of its instances. Default: the machine's id. */
  readonly name?: string
  /** Where a thread finds this definition: write `import.meta.url`, and export it under any name. Needed for `isolation` only. */
  readonly module?: string
  /** The machine's input when `spawn` gives none. */
  readonly input?: InputFrom<M>
  /** What asks are answered with, as a type only: `replies: {} as { total: number }`. */
  readonly replies?: R
  /**
   * Event types that are put aside while the machine does not take them, until it changes its state (like the action `postpone`).
   * Default: none; an event that the machine does not take is ignored and counted, and an ask is refused.
   */
  readonly postpone?: readonly EventFromLogic<M>['type'][]
  /**
   * Schemas by event type, of the payload (the event without `type`), by any library that speaks Standard Schema. Checked where events
   * enter the node or thread: what fails is a dead letter `invalid`, and its asker is told. They must be synchronous. Default: none.
   */
  readonly schema?: { readonly [T in EventFromLogic<M>['type']]?: StandardSchema }
  /** `always` checks events from this node, too, but not the machine's own: what it raises, its delays and its children. Default `inbound`. */
  readonly schemaCheck?: 'inbound' | 'always'
  /** Called for each event that the machine emits. */
  readonly emitted?: (event: EmittedFrom<M>, ctx: AnyContext) => void
  /** Called with the output when the machine is done, before the actor ends with the exit reason `normal`. */
  readonly done?: (output: OutputFrom<M>, ctx: AnyContext) => void
  /** Answers at each start and restart what the machine goes on from; undefined for a fresh start. May be async. */
  readonly restore?: (ctx: AnyContext) => PersistedMachine | undefined | Promise<PersistedMachine | undefined>
  /** Called with the machine on paper after each step that changed it. A promise holds the actor, and the answer, until it settles. */
  readonly persist?: (machine: PersistedMachine, ctx: AnyContext) => void | Promise<void>
  /**
   * Whose stray errors are this actor's failures: an exception from a promise or timer that nobody waits for is one where it was left
   * behind by the start of the machine or of a child of it (`hooks`), or by any action, too (`all`: 0.2 µs an event). Default `hooks`;
   * `none` before Node 24.
   */
  readonly strayErrors?: StrayErrors
  /** Bounds of its mailbox and of what is postponed. */
  readonly mailbox?: MailboxOptions
  /** How long it may take to stop. Default 5000. */
  readonly shutdownMs?: Shutdown
  /** How it would like to be supervised; its supervisor's child spec may say otherwise. */
  readonly supervision?: SupervisionDefaults
}

/**
 * Makes an actor of an XState machine: its events are the messages, its input is the input, its children are child actors.
 *
 * Use when: what an actor does next depends on what state it is in. Guarantees: the machine runs by its pure transition, on the
 * system's clock; a guard or action that throws, or an eventless circle, is a failure for the supervisor.
 *
 * @throws InvalidOptionError naming the field.
 */
export function machineActor<M extends AnyStateMachine, R extends Replies = Record<never, never>>(
  machine: M,
  options: MachineOptions<M, R> & { readonly input: InputFrom<M> },
): ActorDefinition<MachineProtocol<EventFromLogic<M>, R>, InputFrom<M> | undefined>
export function machineActor<M extends AnyStateMachine, R extends Replies = Record<never, never>>(
  machine: M,
  options?: MachineOptions<M, R>,
): ActorDefinition<MachineProtocol<EventFromLogic<M>, R>, InputFrom<M>>
export function machineActor<M extends AnyStateMachine, R extends Replies>(
  machine: M,
  options: MachineOptions<M, R> = {},
): ActorDefinition<MachineProtocol<EventFromLogic<M>, R>, InputFrom<M>> {
  const name = validated(machine, options)
  const { input, restore, mailbox, emitted, done, persist, strayErrors = defaultStrayErrors } = options
  const logic = bounded(machine)
  const schemas = messageSchemas(options.schema, (type) => hasTransitionFor(machine, type))
  const shared = {
    logic,
    define: childActorsOf(strayErrors),
    postponed: new Set(options.postpone),
    ...(emitted && { emitted: emitted as NonNullable<RunOptions['emitted']> }),
    ...(done && { done: done as NonNullable<RunOptions['done']> }),
    ...(persist && { persist }),
  }
  const definition = shaped<Protocol, unknown>({
    name,
    ...(options.module !== undefined && { module: options.module }),
    movesWithChildren: true,
    handlers: handlersOf(strayErrors, options.schemaCheck === 'always' ? schemas : undefined),
    ...(schemas && { schemas }),
    capacity: mailbox?.capacity ?? defaultCapacity,
    overflow: mailbox?.overflow ?? 'reject',
    ...(mailbox?.stashCapacity !== undefined && { stashCapacity: mailbox.stashCapacity }),
    shutdownMs: options.shutdownMs ?? 5000,
    ...(options.supervision && { supervision: options.supervision }),
    supervise(control) {
      const ref = rootRef(name, (...values) => run.log(values))
      const run: MachineRun = new MachineRun(control, { ...shared, ref })
      return run
    },
    start(given, ctx, supervision) {
      const run = supervision as MachineRun
      const begin = (envelope: PersistedMachine | undefined): MachineRun => {
        beginOf(strayErrors)(run, ctx, given === undefined ? input : given, envelope === undefined ? undefined : unseal(machine, envelope))
        return run
      }
      const restored = strayErrors === 'none' || restore === undefined ? restore?.(ctx) : ownedBy(ctx, restore, ctx)
      // Ended while it was being restored: it begins nothing any more.
      return isThenable(restored) ? restored.then((envelope) => (ctx.signal.aborted ? run : begin(envelope))) : begin(restored)
    },
  })
  return definition as unknown as ActorDefinition<MachineProtocol<EventFromLogic<M>, R>, InputFrom<M>>
}

/** Makes the actors of children that a machine has invoked or spawned; each lives once. */
function childActorsOf(strayErrors: StrayErrors): (ref: AnyActor) => SupervisingDefinition<Protocol> {
  return function childActor(ref) {
    const { input, persisted } = beginningOf(ref)
    const logic = bounded(ref.logic)
    return shaped({
      name: 'child',
      handlers: handlersOf(strayErrors, undefined),
      capacity: defaultCapacity,
      overflow: 'reject',
      shutdownMs: 5000,
      supervise: (control) => new MachineRun(control, { logic, ref, define: childActor, postponed: new Set() }),
      start(_none, ctx, supervision) {
        const run = supervision as MachineRun
        beginOf(strayErrors)(run, ctx, input, persisted)
        return run
      },
    })
  }
}

/** The beginning of a run. What it leaves behind, such as what a callback or a promise goes on with, is its own. */
function beginOf(strayErrors: StrayErrors): (run: MachineRun, ...beginning: Parameters<MachineRun['begin']>) => void {
  const begin = (run: MachineRun, ...beginning: Parameters<MachineRun['begin']>): void => run.begin(...beginning)
  return strayErrors === 'none' ? begin : (run, ctx, input, persisted) => ownedBy(ctx, begin, run, ctx, input, persisted)
}

/** A machine takes or ignores what it likes, so one handler stands behind every message type. */
const handle = (run: MachineRun, message: Message): unknown => (isQuery(message.type) ? run.answer(message.type) : run.handle(message))
const handlers = handlerTable(handle)
const owningHandlers = handlerTable(handle, [owning])

/** The handlers of a machine, which check what is not its own where `schemas` are given. */
function handlersOf(strayErrors: StrayErrors, schemas: MessageSchemas | undefined): HandlerTable {
  if (schemas === undefined) return strayErrors === 'all' ? owningHandlers : handlers
  const checking: Middleware = (next) => {
    const checked = checkedHandler(schemas, next)
    return (run, message, ctx) => (message instanceof Inward ? next : checked)(run, message, ctx)
  }
  return handlerTable(handle, strayErrors === 'all' ? [owning, checking] : [checking])
}

function validated(machine: AnyStateMachine, options: MachineOptions<AnyStateMachine, Replies>): string {
  if (typeof machine !== 'object' || machine === null || !isMachine(machine)) {
    throw new InvalidOptionError('machine', machine, "a machine made by XState's createMachine")
  }
  const name = options.name ?? machine.id
  if (typeof name !== 'string' || !isActorName(name))
    throw new InvalidOptionError('name', name, "given, or the machine's id: 1 to 128 characters of [A-Za-z0-9_.~$@:-]")
  for (const hook of ['emitted', 'done', 'restore', 'persist'] as const) {
    const value: unknown = options[hook]
    if (value !== undefined && typeof value !== 'function') throw new InvalidOptionError(hook, value, 'a function')
  }
  if (options.postpone !== undefined && !Array.isArray(options.postpone))
    throw new InvalidOptionError('postpone', options.postpone, 'a list of event types')
  checkSchemaCheck(options.schemaCheck)
  checkModule(options.module)
  checkStrayErrors(options.strayErrors)
  checkShutdown('shutdownMs', options.shutdownMs)
  return name
}
