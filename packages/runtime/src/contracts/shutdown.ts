// How long an actor may take to stop.

/** Milliseconds, not at all (`brutal`), or as long as it takes (`infinity`). */
export type Shutdown = number | 'brutal' | 'infinity'
