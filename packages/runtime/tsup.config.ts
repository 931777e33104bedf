import { packageConfig } from '../../scripts/tsup-package.ts'

export default packageConfig(['index', 'spi', 'pino', 'testing', 'machine', 'thread/worker'])
