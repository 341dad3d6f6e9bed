// SPDX-License-Identifier: Apache-2.0
// docs.js: reading the documents and the sources for the tests that hold one against the other. It
// reads text and parses neither Markdown nor C, which is enough for files that are written in one
// way.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export function read(path) {
  return readFileSync(join(ROOT, path), 'utf8')
}

// The paths of the documents.
export function documents() {
  const names = (folder) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'))
  return [...names('.'), ...['docs', 'docs/decisions'].flatMap((folder) =>
    names(folder).map((name) => `${folder}/${name}`))]
}

export function layers() {
  return readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

// The sources of the server, without tests and fuzzers: [path, text].
export function sources(...names) {
  return names.flatMap((layer) => readdirSync(join(ROOT, 'src', layer))
    .filter((name) => /\.[ch]$/.test(name) && !/_(test|fuzz)\.c$/.test(name))
    .map((name) => [`src/${layer}/${name}`, read(`src/${layer}/${name}`)]))
}

// The fenced blocks that follow a line `<!-- test: what -->`, in their order: [what, text].
export function testBlocks(markdown) {
  const block = /^<!-- test: (.+) -->\n```\w*\n([\s\S]*?)^```$/gm
  return [...markdown.matchAll(block)].map(([, what, text]) => [what, text])
}

// The text of a section, from its heading to the next one of the same level.
export function section(markdown, heading) {
  const start = markdown.indexOf(`${heading}\n`)
  if (start < 0) throw new Error(`no section "${heading}"`)
  const level = /^#+/.exec(heading)[0]
  const rest = markdown.slice(start + heading.length)
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

// What stands in backquotes, outside of fenced blocks.
export function codeSpans(markdown) {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span)
}

// Where the links lead within this tree, without the place in the file.
export function links(markdown) {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target.replace(/#.*/, ''))
    .filter((target) => target !== '' && !/^https?:/.test(target))
}

// The first cells of the rows of all tables, without their backquotes.
export function firstCells(markdown) {
  return [...markdown.matchAll(/^\| ([^|]+?) *\|/gm)].map(([, cell]) => cell.replaceAll('`', ''))
}

// The routes of the server: "GET /v1/chat/users", with `:` for every part that is an id, each with
// what its row says: { access, body }.
export function routeRowsOfSource() {
  const row = /\{HTTP_METHOD_(\w+),\s*((?:\w+|"[^"]*")(?:\s*"[^"]*")*),\s*(\w+),\s*(\w+),/g
  return new Map(sources('api').flatMap(([, text]) => {
    const macros = new Map([...text.matchAll(/^#define (\w+) ("[^"]*")$/gm)].map((m) => m.slice(1)))
    return [...text.matchAll(row)].map(([, method, path, access, body]) => {
      const expanded = path.replace(/^\w+/, (name) => macros.get(name) ?? name)
      return [route(method, expanded.replace(/"\s*"|"/g, '')), { access, body }]
    })
  }))
}

export const routesOfSource = () => new Set(routeRowsOfSource().keys())

// The types of events: literals with a point, which nothing else has, and those that say so.
export function eventsOfSource() {
  const literal = /"([a-z]+\.[a-z_]+)"|->type = STR\("(\w+)"\)/g
  return new Set(sources('chat', 'hub', 'api').flatMap(([, text]) =>
    [...text.replace(/^#include.*$/gm, '').matchAll(literal)].map(([, a, b]) => a ?? b)))
}

export function route(method, path) {
  return `${method} ${path.replace(/\?.*/, '').replace(/:\w+/g, ':')}`
}

// The codes that a client can be refused with: code -> the first file that has it. They are the
// literals behind a result (`R_CONFLICT, "email_taken"`) and the third arguments of problem_set.
export function codesOfSource() {
  const found = new Map()
  const add = (code, path) => found.has(code) || found.set(code, path)

  for (const [path, text] of sources('api', 'chat', 'auth', 'store', 'server')) {
    for (const [, code] of text.matchAll(/\bR_[A-Z_]+,\s*"([a-z]\w*)"/g)) add(code, path)
    for (const [, code] of text.matchAll(/\\"code\\":\\"(\w+)\\"/g)) add(code, path)
    for (const { index } of text.matchAll(/\bproblem_set\(/g)) {
      const third = callArguments(text.slice(index))[2] ?? ''
      for (const [, code] of third.matchAll(/"([a-z]\w*)"/g)) add(code, path)
    }
  }
  return found
}

// The arguments of the call that `text` begins with.
function callArguments(text) {
  const found = ['']
  let depth = 0

  for (const [token] of text.matchAll(/"(?:\\.|[^"\\])*"|[\s\S]/g)) {
    if (token === ')' && depth === 1) return found
    if (token === '(') depth++
    if (token === ')') depth--
    if (token === ',' && depth === 1) found.push('')
    else found[found.length - 1] += token
  }
  return found
}
