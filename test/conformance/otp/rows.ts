// The rows of OTP's tables as scripts with their traces. Erlang has played them too: recordings/rows.jsonl says the same.

import { callRows } from './rows/calls.ts'
import { intensityRows } from './rows/intensity.ts'
import { restartRows } from './rows/restart-types.ts'
import { retryRows } from './rows/retries.ts'
import { significantRows } from './rows/significant.ts'
import { startRows } from './rows/start-and-stop.ts'
import { strategyRows } from './rows/strategies.ts'
import type { Row } from './rows/row.ts'

/** All rows. */
export const rows: readonly Row[] = [
  ...startRows,
  ...restartRows,
  ...strategyRows,
  ...intensityRows,
  ...retryRows,
  ...significantRows,
  ...callRows,
]
