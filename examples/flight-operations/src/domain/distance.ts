// How far it is between two places on a sphere.

/** A place on earth, in degrees. */
export interface Place {
  readonly latitude: number
  readonly longitude: number
}

/** Mean radius of the earth (IUGG), in miles. */
const earthRadiusMiles = 3958.761

/** The great-circle distance in miles, by the haversine formula: exact enough for neighbours and for antipodes. */
export function greatCircleMiles(from: Place, to: Place): number {
  const radians = Math.PI / 180
  const latitudes = Math.sin(((to.latitude - from.latitude) * radians) / 2) ** 2
  const longitudes = Math.sin(((to.longitude - from.longitude) * radians) / 2) ** 2
  const haversine = latitudes + Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * longitudes
  return 2 * earthRadiusMiles * Math.asin(Math.sqrt(Math.min(1, haversine)))
}
