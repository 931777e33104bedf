// Which names the user meant: forgiving about case and punctuation, strict about names that mean nothing.

/** @throws RangeError naming what there is, when a name fits nothing. */
export function select<T>(all: readonly T[], wanted: string | undefined, what: string, namesOf: (item: T) => readonly string[]): T[] {
  if (wanted === undefined) return [...all]
  const chosen = new Set<T>()
  for (const name of wanted
    .split(',')
    .map(plain)
    .filter((it) => it !== '')) {
    const exact = all.filter((item) => namesOf(item).some((it) => plain(it) === name))
    const fitting = exact.length > 0 ? exact : all.filter((item) => namesOf(item).some((it) => plain(it).startsWith(name)))
    if (fitting.length === 0) {
      throw new RangeError(`there is no ${what} '${name}'; there are ${all.flatMap((item) => namesOf(item)[0]!).join(', ')}`)
    }
    for (const item of fitting) chosen.add(item)
  }
  return all.filter((item) => chosen.has(item))
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
