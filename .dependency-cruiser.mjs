// Who may import whom. Type imports count. The plan is in docs/architecture.md.

/** Each package and the packages its sources may import. */
const directions = {
  runtime: [],
  supervisor: ['runtime'],
  cluster: ['runtime', 'supervisor'],
  'transport-nats': ['runtime'],
  cli: ['transport-nats'],
  testkit: ['runtime', 'supervisor', 'cluster'],
  actors: ['runtime', 'supervisor', 'cluster', 'transport-nats', 'cli'],
}
const doors = '(index|spi|pino|testing|machine)'

const directionRules = Object.entries(directions).map(([name, allowed]) => ({
  name: `direction-${name}`,
  comment: `${name} may import ${allowed.length === 0 ? 'no other package' : allowed.join(', ')} only.`,
  severity: 'error',
  from: { path: `^packages/${name}/` },
  to: { path: '^(packages|examples|test|bench)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}))

export default {
  forbidden: [
    { name: 'no-cycle', comment: 'No cycles, type imports included.', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', comment: 'Every import must resolve.', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...directionRules,
    {
      name: 'no-own-door',
      comment: 'Inside a package import the file that has it, not a door (index.ts, spi.ts).',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: `^packages/$1/src/${doors}\\.ts$` },
    },
    {
      name: 'doors-only-between-packages',
      comment: 'Another package is entered through its doors only.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: ['^packages/$1/', `^packages/[^/]+/src/${doors}\\.ts$`] },
    },
    {
      name: 'doors-only-from-outside',
      comment: 'Examples, tests and benches enter packages through their doors only.',
      severity: 'error',
      from: { path: '^(examples|test|bench)/' },
      to: { path: '^packages/', pathNot: `^packages/[^/]+/src/${doors}\\.ts$` },
    },
    {
      name: 'transport-on-spi',
      comment: 'A transport needs the contracts only: @understudy/runtime/spi.',
      severity: 'error',
      from: { path: '^packages/transport-nats/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/runtime/src/(index|pino)\\.ts$' },
    },
    {
      name: 'xstate-behind-its-door',
      comment: 'Importing the runtime must not load XState: only its door `machine` leads there.',
      severity: 'error',
      from: { path: '^packages/runtime/src/(index|spi|pino|testing)\\.ts$' },
      to: { path: '(^packages/runtime/src/machine/|node_modules/xstate/)', reachable: true },
    },
    {
      name: 'examples-like-a-user',
      comment: 'An example imports what a user installs: @understudy/actors.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^packages/', pathNot: '^packages/(actors|testkit)/src/index\\.ts$' },
    },
    {
      name: 'nobody-imports-programs',
      comment: 'Examples and benches are programs: start them, do not import them.',
      severity: 'error',
      from: { path: '^(packages|test)/' },
      to: { path: '^(examples|bench)/' },
    },
    {
      name: 'contracts-stand-alone',
      comment: 'contracts/ is what all agree on; it imports only itself.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/src/contracts/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^packages/$1/src/contracts/' },
    },
    {
      name: 'no-vague-names',
      comment: 'A file is named by the concept it holds.',
      severity: 'error',
      from: {},
      to: { path: '^packages/.*/(utils?|helpers?|common|misc|types)(/|\\.ts$)', pathNot: '/node_modules/' },
    },
    {
      name: 'not-to-tests',
      comment: 'Sources do not import tests.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.test\\.ts$|^node_modules/.*vitest' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules/\\.cache)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['understudy-source', 'types', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts', '.json'],
    },
  },
}
