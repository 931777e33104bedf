// The program of one node of the cluster tests.
//
//   UNDERSTUDY_NODE     its name
//   UNDERSTUDY_CLUSTER  the cluster's name
//   UNDERSTUDY_NATS     nats://host:port
//   TEST_SINGLETONS     which of counter, ticker and keeper may lead here, by comma
//
// At SIGUSR2 it logs its books. It ends with 0 when it was told to leave, with 3 when it had to stop for a reason of its own.

import {
  child,
  type ClusterNode,
  clusterPool,
  exitWithParent,
  nats,
  pinoLogger,
  singleton,
  startNode,
  supervisor,
} from '@understudy/actors'
import { type Books, books, counter, echo, keeper, mortal, silent, ticker, watcher, worker } from './actors.ts'

exitWithParent()

const { UNDERSTUDY_NODE: name = 'n1', UNDERSTUDY_CLUSTER: cluster = 'test', UNDERSTUDY_NATS: servers, TEST_SINGLETONS = '' } = process.env
const log = pinoLogger({ level: 'debug' })
const led = TEST_SINGLETONS.split(',')
const booksNow = (): Books => ({ counters: { ...node.system.counters }, deadLetters: { ...node.system.deadLetters.counts } })

const node: ClusterNode = await startNode({
  cluster,
  name,
  transport: nats({ ...(servers !== undefined && { servers }) }),
  log,
  root: supervisor({
    name: 'app',
    children: [
      child(books(booksNow)),
      child(echo),
      child(silent),
      child(mortal, { restart: 'temporary' }),
      child(watcher),
      child(clusterPool(worker, { size: 2 })),
      ...(led.includes('counter') ? [child(singleton(counter))] : []),
      ...(led.includes('ticker') ? [child(singleton(ticker))] : []),
      ...(led.includes('keeper') ? [child(singleton(keeper, { takeover: 'exclusive' }))] : []),
    ],
  }),
})

node.system.onEvent('link.lost', () => node.system.ref('/app/mortal', mortal).tell({ type: 'cutOff' }))
process.on('SIGUSR2', () => log.info({ event: 'test.books', ...booksNow() }, 'the books'))
process.on('SIGTERM', () => {
  void node.leave().then(() => process.exit(0))
})
void node.left.then((why) => {
  log.info({ event: 'test.left', why }, 'the node is out')
  process.exit(why === 'it was told to leave' ? 0 : 3)
})
log.info({ event: 'test.ready', incarnation: node.identity.incarnation }, 'the node is a member')
