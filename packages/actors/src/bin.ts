#!/usr/bin/env node
import { main } from '@understudy/cli'

await main(process.argv.slice(2))
