// What a command touches of the world around it, so that a test can give it another one.

/** Standard output and error, the working directory and the environment. Data goes to stdout, narration to stderr. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}
