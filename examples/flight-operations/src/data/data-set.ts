// Where the npm package vega-datasets keeps its files. It exports only its code, so they are found from there.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/** The path of a file in the `data` folder of vega-datasets. */
export function dataSetFile(name: string): string {
  return join(dirname(require.resolve('vega-datasets')), '..', 'data', name)
}
