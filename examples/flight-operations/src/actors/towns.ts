// Which nodes have towers, and which of them has the tower of an airport.

import { type Cluster, place } from '@understudy/actors'
import type { TowersInbox } from './inboxes.ts'

/** The role of the nodes that have towers; a node that only watches does not have it. */
export const townRole = 'towers'

/** The path of the keeper of towers, the same on each node. */
const towersPath = '/flight-operations/towers'

/** The names of the nodes that have towers. */
export function townsOf(cluster: Pick<Cluster, 'members'>): string[] {
  return cluster
    .members()
    .filter(({ roles }) => roles.includes(townRole))
    .map(({ identity }) => identity.name)
}

/** The airports by the node that has their tower. Everybody who sees the same members finds the same. */
export function byTown(towns: readonly string[], airports: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>(towns.map((town) => [town, []]))
  for (const airport of airports) found.get(place(airport, towns) ?? '')?.push(airport)
  return found
}

/** The keeper of towers of a node. */
export function towersOf(cluster: Pick<Cluster, 'ref'>, town: string): ReturnType<typeof cluster.ref<TowersInbox>> {
  return cluster.ref<TowersInbox>(town, towersPath)
}
