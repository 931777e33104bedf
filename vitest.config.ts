import { defineConfig } from 'vitest/config'

const conditions = ['understudy-source', 'module', 'node', 'development|production']

/** What every project shares: workspace packages are taken from source, by the vite resolver and by node itself. */
const fromSource = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['understudy-source', 'node', 'module-sync'] } },
}
const shared = {
  environment: 'node',
  pool: 'forks' as const,
  // Types are stripped by WebAssembly, in each worker thread anew; while one ends, V8 of Node 24 may abort in tiering up what another
  // one calls (`Runtime_TierUpWasmToJSWrapper`, "Check failed: jit_page.has_value()"). With that budget nothing tiers up.
  execArgv: ['--conditions=understudy-source', '--wasm-wrapper-tiering-budget=1000000000'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
}

export default defineConfig({
  ...fromSource,
  test: {
    projects: [
      { ...fromSource, test: { ...shared, name: 'unit', include: ['packages/*/src/**/*.test.ts'] } },
      {
        ...fromSource,
        test: {
          ...shared,
          name: 'whole',
          include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['test/cluster/**', 'test/chaos/**', '**/node_modules/**'],
        },
      },
      {
        ...fromSource,
        // Real processes and real servers: after all others and one file at a time, so that a timing bar measures the code and not its
        // neighbours.
        test: {
          ...shared,
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
