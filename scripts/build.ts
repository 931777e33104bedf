// Builds what is published: types by `tsc -b`, JavaScript by tsup, both into each package's dist. Tests and examples never need it.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolders } from './packages-list.ts'
import { root, run } from './run.ts'

for (const folder of packageFolders()) rmSync(join(folder, 'dist'), { recursive: true, force: true })

const types = run('tsc', ['-b', ...packageFolders()])
if (types.status !== 0) process.exit(types.status)

for (const folder of packageFolders()) {
  const bundle = run('tsup', [], { cwd: folder, quiet: true })
  if (bundle.status !== 0) {
    console.error(`tsup failed in ${folder.slice(root.length + 1)}:\n${bundle.output}`)
    process.exit(bundle.status)
  }
}
