import { defineConfig } from 'tsup'

/** The JavaScript build of one package: its doors as entries, shared modules in chunks, dependencies left outside. `tsc -b` makes the types. */
export const packageConfig = (doors: readonly string[]) =>
  defineConfig({
    entry: doors.map((door) => `src/${door}.ts`),
    format: 'esm',
    target: 'node22',
    platform: 'node',
    splitting: true,
    sourcemap: true,
    dts: false,
    clean: false,
    silent: true,
  })
