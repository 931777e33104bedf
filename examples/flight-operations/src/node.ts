// The program of one node. `understudy dev flight-operations` and the demo start one process of it per node.
//
//   UNDERSTUDY_NODE      its name, unique in the cluster (n1)
//   UNDERSTUDY_CLUSTER   the cluster's name (flight-operations)
//   UNDERSTUDY_NATS      nats://host:port, or `memory`: a cluster of this one process, without a server
//   UNDERSTUDY_LOG_LEVEL debug, info, warn or error (info)

import { exitWithParent, memoryNetwork, nats, pinoLogger, startNode } from '@understudy/actors'
import { townRole } from './actors/towns.ts'
import { readAirports } from './data/airports.ts'
import { DataError } from './data/data-error.ts'
import { readFlights } from './data/flights.ts'
import { defaultRate, readNodeOptions, UsageError } from './options.ts'
import { flightOperations, type RootOptions } from './root.ts'

exitWithParent()

const { UNDERSTUDY_NODE: name = 'n1', UNDERSTUDY_CLUSTER: cluster = 'flight-operations', UNDERSTUDY_NATS: servers = 'memory' } = process.env

const node = await startNode({
  cluster,
  name,
  roles: [townRole],
  transport: servers === 'memory' ? memoryNetwork().transport() : nats({ servers }),
  root: flightOperations(readInput()),
  log: pinoLogger({ level: process.env['UNDERSTUDY_LOG_LEVEL'] ?? 'info' }),
})

let wasAsked = false
const leave = (): void => {
  // Who asks twice means it.
  if (wasAsked) process.exit(130)
  wasAsked = true
  void node.leave()
}
process.on('SIGTERM', leave)
process.on('SIGINT', leave)
// It also leaves when a newer node of the same name has joined; this process is of no use then.
void node.left.then(() => process.exit(wasAsked ? 0 : 1))

function readInput(): RootOptions {
  try {
    const { data, rate, seed } = readNodeOptions(process.argv.slice(2))
    const rows = readFlights(data)
    return { rows, rate: rate ?? defaultRate(rows.length), airports: readAirports(), seed, flakiness: 0.02, workers: 4 }
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof DataError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exit(2)
  }
}
