// The door for sibling packages: the pure routing strategies, for pools that span nodes.

export type { Candidate, Routing } from './pool/routing/candidate.ts'
export { leastOutstanding } from './pool/routing/least-outstanding.ts'
export { roundRobin } from './pool/routing/round-robin.ts'
