// The node program's half of "never an orphan": the launcher holds the other end of stdin, and the operating system closes it however
// the launcher ends, kill -9 included.

/** Set by the launcher, so that a program started by hand, with stdin from a terminal or /dev/null, is left alone. */
export const parentPipeVariable = 'UNDERSTUDY_PARENT_PIPE'

/** What a process ends with when its parent is gone: 128 + SIGHUP, as a shell would have it. */
const hungUp = 129

/**
 * Ends this process (exit code 129) when the program that launched it ends, in whatever way. Does nothing when the process was not started by
 * `launchNode`. Does not keep the process alive by itself.
 *
 * Use when: at the top of every node program. Watch out: it takes stdin, and it needs the event loop to turn; a process that is frozen or
 * spins is killed by `launchNode`'s death signal instead, which only Linux has.
 */
export function exitWithParent(): void {
  if (process.env[parentPipeVariable] === undefined) return
  // The grandchildren's stdin is another one.
  delete process.env[parentPipeVariable]
  const leave = (): void => process.exit(hungUp)
  process.stdin.on('end', leave)
  process.stdin.on('error', leave)
  // The end of a stream is only seen by who reads it.
  process.stdin.resume()
  process.stdin.unref()
}
