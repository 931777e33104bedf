import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run.ts'

/** The folders of the packages that are published, in name order. */
export const packageFolders = (): string[] =>
  readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .sort()
