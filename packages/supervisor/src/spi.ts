// The door for sibling packages: the pure routing strategies, for pools that span nodes, the hash that places keys, where recoveries
// are kept, and the error kernel, for those who measure how it decides.

export { fnv1a, mix } from './stable-hash.ts'
export { recoveryStore, scopedStore } from './persistence/recovery-store.ts'
export type { Candidate, Routing } from './pool/routing/candidate.ts'
export { leastOutstanding } from './pool/routing/least-outstanding.ts'
export { roundRobin } from './pool/routing/round-robin.ts'
export { healthy, tellRecovery } from './recovery/kernel.ts'
export { noticesOf } from './recovery/notices.ts'
export { defaultRecovery } from './recovery/library/restart-then-backoff.ts'
