#!/usr/bin/env node
import { run } from '@understudy/cli'

process.exitCode = await run(process.argv)
