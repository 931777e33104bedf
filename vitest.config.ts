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
  execArgv: ['--conditions=understudy-source'],
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
        // Real processes and real servers: one file at a time, so that a timing bar measures the code and not its neighbours.
        test: { ...shared, name: 'cluster', include: ['test/cluster/**/*.test.ts', 'test/chaos/**/*.test.ts'], fileParallelism: false },
      },
    ],
  },
})
