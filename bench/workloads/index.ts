// All workloads, in the order of the tables.

import type { Workload } from '../harness/workload.ts'
import { ask1000, askSequential } from './ask.ts'
import { big } from './big.ts'
import { fanOut } from './fan-out.ts'
import { forkJoin } from './fork-join.ts'
import { idleMillion } from './idle-million.ts'
import { importing } from './import.ts'
import { loopDelay } from './loop-delay.ts'
import { megaRing } from './mega-ring.ts'
import { pingPong } from './ping-pong.ts'
import { recoveryDecision } from './recovery-decision.ts'
import { restart } from './restart.ts'
import { ring } from './ring.ts'
import { spawn } from './spawn.ts'
import { supervisedTell } from './supervised-tell.ts'
import { supervisorStartStop } from './supervisor-start-stop.ts'
import { tellBurst } from './tell-burst.ts'

export const workloads: readonly Workload[] = [
  tellBurst,
  askSequential,
  ask1000,
  pingPong,
  ring,
  big,
  fanOut,
  forkJoin,
  spawn,
  restart,
  supervisorStartStop,
  recoveryDecision,
  supervisedTell,
  megaRing,
  idleMillion,
  loopDelay,
  importing,
]
