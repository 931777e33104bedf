// A lint rule for what the built-in restrictions cannot say: `new Date()` without arguments reads the wall clock.

type Node = { type: string; name?: string; callee: Node; arguments: readonly Node[] }
type Context = { report(problem: { node: Node; message: string }): void }

const plugin = {
  meta: { name: 'understudy' },
  rules: {
    'no-new-date-now': {
      create: (context: Context) => {
        const check = (node: Node) => {
          if (
            node.callee.type !== 'Identifier' ||
            node.callee.name !== 'Date' ||
            (node.type === 'NewExpression' && node.arguments.length > 0)
          )
            return
          context.report({
            node,
            message: 'The current date is not deterministic: take it from Env (packages/runtime/src/contracts/env.ts).',
          })
        }
        return { NewExpression: check, CallExpression: check }
      },
    },
  },
}

// oxlint loads a plugin by its default export
// oxlint-disable-next-line import/no-default-export
export default plugin
