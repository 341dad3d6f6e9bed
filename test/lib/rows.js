// SPDX-License-Identifier: Apache-2.0
// rows.js: the tables of docs/protocol.md as data: rows of cells, and lists of fields such as
// `{id, name?, users: [{id, status}], next: User}`.

// The cells of all table rows. A `|` inside of backquotes is none of a table's.
export function rows(markdown) {
  return markdown.split('\n').filter((line) => /^\s*\| /.test(line)).map((line) => {
    const cells = line.trim().slice(1, -1).match(/(?:`[^`]*`|[^|`])+/g) ?? []
    return cells.map((cell) => cell.trim())
  })
}

export const spans = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span)

// A list of fields: Map of name -> { isOptional, of }, where `of` is what stands behind the colon:
// a name such as `User`, another Map, or an array with one of the two. "user_id? or agent_id?" are
// two optional ones.
export function fieldList(text) {
  const tokens = text.match(/[\w]+|[{}[\]:,?]/g)
  const take = (expected) => {
    const token = tokens.shift()
    if (expected && token !== expected) throw new Error(`${expected} before ${token} in ${text}`)
    return token
  }
  const takeList = () => {
    const found = new Map()
    take('{')
    while (tokens[0] !== '}') {
      const name = take()
      const isOptional = tokens[0] === '?' && take() === '?'
      const of = tokens[0] === ':' && take() ? takeKind() : undefined
      found.set(name, { isOptional, of })
      if (tokens[0] === ',' || tokens[0] === 'or') take()
    }
    take('}')
    return found
  }
  const takeKind = () => {
    if (tokens[0] === '{') return takeList()
    if (tokens[0] !== '[') return take()
    take('[')
    const kind = [takeKind()]
    take(']')
    return kind
  }
  return takeList()
}
