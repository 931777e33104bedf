/** A value as one line of text that cannot steer the terminal: control characters become visible, long texts are cut. */
export function printable(value: unknown, maxLength = 200): string {
  if (value === undefined) return '?'
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value)
  let shown = ''
  for (const character of text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text) {
    const code = character.codePointAt(0) ?? 0
    if (character === '\n') shown += ' ⏎ '
    else if (character === '\t') shown += ' '
    else shown += code < 32 || (code >= 127 && code < 160) ? '�' : character
  }
  return shown
}
