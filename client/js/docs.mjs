// SPDX-License-Identifier: Apache-2.0
// docs.mjs: docs/client-js.md, made from the comments of src/, and the examples in it as programs.
// node client/js/docs.mjs > docs/client-js.md
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ENTRIES = [
  ['src/index.ts', '@carillon/chat'],
  ['src/react.ts', '@carillon/chat/react'],
]

const INTRODUCTION = `# The JavaScript client

Made from the sources of \`client/js\` by \`client/js/docs.mjs\`; change it there.
[client/js/README.md](../client/js/README.md) is where to begin, [protocol.md](protocol.md) says
what goes over the wire.

Every example is run by a test against a real server. What the examples have in common:
- of Ada: \`apiUrl\` and \`token\`, her \`api\`, a \`client\` that is connected, and a \`socket\`
  that is not;
- of Grace: \`otherApi\` and \`otherUserId\`; both of them are in \`conversationId\` and
  \`otherConversationId\`;
- of an agent: \`agentApi\`, and a task \`taskId\` in \`agentConversationId\`, where Ada is, too;
- \`thirdUserId\`, of somebody who is in no conversation;
- Node's \`assert\`, and \`until\`, which asks until the answer is true;
- for React: \`h\`, which is \`createElement\`.
`

// ---- Reading ----

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url))

// A doc comment as { text, tags: [[name, text]] }, or undefined.
function docOf(node) {
  const comment = node.jsDoc?.at(-1)
  if (!comment) return undefined
  const lines = comment.getText().slice(3, -2).split('\n')
    .map((line, i) => i === 0 ? line.trim() : line.replace(/^\s*\* ?/, ''))
  const doc = { text: '', tags: [] }
  for (const line of lines) {
    const [, tag, rest] = /^@(\w+) ?(.*)/.exec(line.trimEnd()) ?? []
    if (tag) doc.tags.push([tag, rest])
    else if (doc.tags.length > 0) doc.tags.at(-1)[1] += `\n${line}`
    else doc.text += `${line}\n`
  }
  return { text: doc.text.trim(), tags: doc.tags.map(([tag, text]) => [tag, text.trim()]) }
}

const tagsOf = (doc, name) =>
  (doc?.tags ?? []).filter(([tag]) => tag === name).map(([, text]) => text)
const isInternal = (node) => tagsOf(docOf(node), 'internal').length > 0
const isOpen = (member) => !ts.isPrivateIdentifier(member.name ?? member) &&
  !(ts.getCombinedModifierFlags(member) & ts.ModifierFlags.NonPublicAccessibilityModifier) &&
  !isInternal(member)

// Without its body and its doc comments: what a caller has to know.
function signature(node, owner) {
  const end = node.body ? node.body.pos : node.end
  const { text: source } = node.getSourceFile()
  const text = source.slice(node.getStart(), end).trim()
    .replace(/^(export |async |override |readonly |function )+/, '')
    .replace(/\bt\.(?=[A-Z])/g, '') // as conversation.ts and api.ts call types.ts
    .replace(/ = ([A-Z_]+)\b/g, (_, name) => ` = ${RegExp(`const ${name} = (.*)`).exec(source)[1]}`)
  return dedent(owner ? text.replace(/^constructor/, `new ${owner}`) : text)
}

function dedent(text) {
  const [first, ...rest] = text.split('\n')
  const isClosed = /^\s*[)}]/.test(rest.at(-1) ?? '')
  const indent = isClosed ? /^ */.exec(rest.at(-1))[0].length : 0
  return [first, ...rest.map((line) => line.slice(indent))].join('\n')
}

// What has to be shown by an example: every function that an application calls.
function* functionsOf(name, node) {
  if (tagsOf(docOf(node), 'example').length > 0) yield { of: name, node }
  else if (ts.isFunctionDeclaration(node)) yield { of: name, node }
  if (!ts.isClassDeclaration(node) || isError(node)) return
  for (const member of node.members) {
    if (!isOpen(member)) continue
    if (ts.isConstructorDeclaration(member)) yield { of: `new ${name}`, node: member }
    const { text } = member.name ?? {}
    if (ts.isMethodDeclaration(member)) yield { of: `${name}.${text}`, node: member }
  }
}

const isError = (node) =>
  node.heritageClauses?.some(({ types }) => /Error$/.test(types[0].expression.getText())) ?? false

function fieldsOf(node) {
  return node.members.filter((member) => isOpen(member) &&
    (ts.isPropertyDeclaration(member) || ts.isGetAccessorDeclaration(member)) && docOf(member))
}

// Everything that is exported: { entry, name, node }, in the order in which it is.
function exported() {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(pathOf('tsconfig.json'), ts.sys.readFile).config, ts.sys, pathOf('.'))
  const program = ts.createProgram(ENTRIES.map(([file]) => pathOf(file)), options)
  const checker = program.getTypeChecker()
  return ENTRIES.flatMap(([file, entry]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(pathOf(file)))
    return checker.getExportsOfModule(module).map((symbol) => {
      const real = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
      return { entry, name: symbol.name, node: real.declarations[0] }
    })
  })
}

// ---- Writing ----

const KNOWN = new Set()
const link = (name) => KNOWN.has(name)
  ? `[${name}](#${name.toLowerCase().replace(/[^a-z0-9_-]/g, '')})`
  : `\`${name}\``

// Paragraphs and lists stay, line breaks within one go, links go to headings of this page.
function prose(text) {
  return text.replace(/\{@link ([^}]+)\}/g, (_, name) => link(name))
    .split(/\n\s*\n/).map((one) => one.replace(/\s*\n\s*/g, ' ')).join('\n\n')
}

const fence = (language, code) => [`\`\`\`${language}`, code, '```', '']

function* describe(doc) {
  if (doc?.text) yield* [prose(doc.text), '']
  const notes = [
    ...tagsOf(doc, 'param').map((text) => `${text.replace(/^(\w+)/, '`$1`:')}.`),
    ...tagsOf(doc, 'returns').map((text) => `Returns ${text}.`),
    ...tagsOf(doc, 'throws').map((text) => `Throws ${text.replace(/^\{(\w+)\}/, '{@link $1}:')}.`),
  ]
  for (const note of notes) yield `- ${prose(note)}`
  if (notes.length > 0) yield ''
}

function* functions(name, node) {
  for (const one of functionsOf(name, node)) {
    const doc = docOf(one.node)
    yield* [`### ${one.of}()`, '', ...fence('ts', signature(one.node, name))]
    yield* describe(doc)
    yield* shown(doc)
  }
}

function* shown(doc) {
  for (const code of tagsOf(doc, 'example')) yield* fence('js', code)
}

function* fields(node) {
  const all = fieldsOf(node)
  for (const field of all) {
    const type = signature(field).replace(/^get /, '').replace('()', '').replace(/ = [^]*$/, '')
    yield `- \`${type}\`: ${prose(docOf(field).text)}`
  }
  if (all.length > 0) yield ''
}

const isType = ({ node }) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)

function* things(all) {
  for (const { name, node } of all.filter((one) => !isType(one) && !isError(one.node))) {
    if (ts.isFunctionDeclaration(node)) yield* functions(name, node)
    else {
      yield* [`## ${name}`, '', ...describe(docOf(node)), ...fields(node)]
      yield* functions(name, node)
    }
  }
  const errors = all.filter(({ node }) => isError(node))
  if (errors.length > 0) yield* ['## Errors', '']
  for (const { name, node } of errors) {
    yield* [`### ${name}`, '', ...describe(docOf(node)), ...fields(node)]
  }
  const types = all.filter(isType)
  if (types.length > 0) yield* ['## Types', '']
  for (const { name, node } of types) {
    yield* [`### ${name}`, '', ...describe(docOf(node)), ...fence('ts', signature(node))]
    yield* shown(docOf(node))
  }
}

/** docs/client-js.md. */
export function reference() {
  const all = exported()
  for (const { name, node } of all) {
    KNOWN.add(name)
    for (const { of } of functionsOf(name, node)) KNOWN.add(of)
  }
  const parts = ENTRIES.flatMap(([, entry], i) => [
    ...(i > 0 ? [`## ${entry}`, ''] : []),
    ...things(all.filter((one) => one.entry === entry)),
  ])
  return [INTRODUCTION, ...parts].join('\n')
}

/** What is to be run: { entry, of, code } of every function; no `code` where no example is. */
export function examples() {
  return exported().flatMap(({ entry, name, node }) =>
    [...functionsOf(name, node)].flatMap(({ of, node: at }) => {
      const codes = tagsOf(docOf(at), 'example')
      return (codes.length > 0 ? codes : [undefined]).map((code) => ({ entry, of, code }))
    }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(reference())
