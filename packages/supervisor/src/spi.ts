// The door for sibling packages: the pure routing strategies, for pools that span nodes, and the hash that places keys.

export { fnv1a, mix } from './partition/stable-hash.ts'
export type { Candidate, Routing } from './pool/routing/candidate.ts'
export { leastOutstanding } from './pool/routing/least-outstanding.ts'
export { roundRobin } from './pool/routing/round-robin.ts'
