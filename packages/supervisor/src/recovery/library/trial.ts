// Quarantine and trial, as the machines that know them share them: a child stays down until its next trial is due or a person says so, and
// what comes of the trial leads back to where it came from or into quarantine again.

/** The wait before the next trial; the last one repeats. */
export const probeDelay = ({
  context,
}: {
  readonly context: { readonly probesAfterMs: readonly number[]; readonly trials: number }
}): number => context.probesAfterMs[Math.min(context.trials, context.probesAfterMs.length - 1)]!

/** The state in which a child is kept down; `well` is where it goes when somebody else has started it. */
export const inQuarantine = <const Well extends string>(well: Well) =>
  ({
    entry: 'park',
    after: { probeDelay: 'onTrial' },
    on: {
      STARTED: { target: well, actions: 'forget' },
      'OPERATOR.retry': 'onTrial',
      'OPERATOR.release': 'onTrial',
      'OPERATOR.stop': { target: 'stopped', actions: 'stop' },
    },
  }) as const

/** The state in which it runs on trial, between `well` and `down`. */
export const onTrial = <const Well extends string, const Down extends string>(well: Well, down: Down) =>
  ({
    entry: { type: 'probe', params: ({ context }: { readonly context: { readonly probeMs: number } }) => ({ probeMs: context.probeMs }) },
    on: { PROBE_OK: { target: well, actions: 'forget' }, PROBE_FAILED: { target: down, actions: 'countTrial' } },
  }) as const
