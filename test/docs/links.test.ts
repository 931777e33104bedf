// Every relative link of the documentation leads somewhere, headings included.

import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { pages, root, textOf } from './markdown.ts'

/** The anchor that a heading gets. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}

function anchors(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchorOf(heading!))
}

test.each(pages())('the links of %s lead somewhere', (page) => {
  const text = textOf(page).replaceAll(/^```[^]*?^```$/gm, '')
  for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link!)) continue
    const [path = '', anchor] = link!.split('#')
    const target = path === '' ? page : normalize(join(dirname(page), path))
    expect(existsSync(join(root, target)), `${link} is there`).toBe(true)
    if (anchor !== undefined && statSync(join(root, target)).isFile()) expect(anchors(target), `${link} is a heading`).toContain(anchor)
  }
})
