// The door for users.

export { memoryNetwork, type MemoryNetwork, type MemoryNetworkOptions } from './memory/network.ts'
export type { Member } from './membership/view.ts'
export { type ClusterNode, startNode } from './node/node.ts'
export type { NodeOptions } from './node/options.ts'
export { type Cluster, clusterKey, clusterOf } from './node/service.ts'
export { place, rank } from './placement.ts'
export { clusterPool } from './pool/cluster-pool.ts'
export { singleton, type SingletonArguments, type SingletonOptions } from './singleton/singleton.ts'
