// Time as workloads take it: of the wall, or, in smoke runs, of this thread's CPU, which other processes hardly bend.

let cpuTime = false

/** From here on stopwatches show the CPU time of the main thread instead of the time of day. */
export function useCpuTime(): void {
  cpuTime = true
}

/** Starts one; the answer tells the milliseconds since. */
export function stopwatch(): () => number {
  const from = now()
  return () => now() - from
}

function now(): number {
  if (!cpuTime) return performance.now()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
