// The door for sibling packages: the pure routing strategies, for pools that span nodes, the hash that places keys, and where recoveries
// are kept.

export { fnv1a, mix } from './partition/stable-hash.ts'
export { recoveryStore, scopedStore } from './persistence/recovery-store.ts'
export type { Candidate, Routing } from './pool/routing/candidate.ts'
export { leastOutstanding } from './pool/routing/least-outstanding.ts'
export { roundRobin } from './pool/routing/round-robin.ts'
