// SPDX-License-Identifier: Apache-2.0
// reference.mjs: docs/client-c.md, made from the comments of include/carillon.h.
// node client/c/reference.mjs > docs/client-c.md
import { readFileSync } from 'node:fs'

const header = readFileSync(new URL('../../include/carillon.h', import.meta.url), 'utf8')

// Comment text without its frame: paragraphs stay, line breaks within one go.
function prose(comment) {
  return comment.replace(/^\/\*\s?|\s*\*\/$/g, '').replace(/^ ?\* ?/gm, '')
    .split(/\n\s*\n/).map((paragraph) => paragraph.replace(/\s*\n\s*/g, ' ').trim()).join('\n\n')
}

// The pieces of the header in order: a comment with what it stands before, or a heading.
function* pieces(text) {
  const body = text.slice(text.indexOf('#define CARILLON_MUST_USE'), text.lastIndexOf('#ifdef'))
  const blocks = body.split('\n\n').slice(1)
  for (const block of blocks) {
    const heading = /^\/\* ---- (.*?) ----\s*\n?([^]*?)\*\/\n?([^]*)$/.exec(block)
    if (heading) {
      yield { heading: heading[1].replace(/ ----$/, ''), text: prose(heading[2]) }
      if (heading[3].trim()) yield* declarations(heading[3])
    } else {
      yield* declarations(block)
    }
  }
}

// A block is comments and declarations in turn.
function* declarations(block) {
  const parts = /((?:\/\*[^]*?\*\/\n)?)((?:(?!\n\/\*)[^])+)/g
  for (const [, comment, code] of block.matchAll(parts)) {
    if (code.trim()) yield { text: comment ? prose(comment.trim()) : '', code: code.trim() }
  }
}

const FIGURES = [
  '**What it withstands**, measured with `test/e2e/client_c_cuts.test.js` on two cores that had',
  'other work, at 200 messages a second in four conversations, through connections that were cut',
  'at whatever byte, ten restarts of the server, and access tokens that live for 8 seconds:', '',
  '| | messages | time | cuts | tokens renewed | resident |',
  '|---|---|---|---|---|---|',
  '| `carillon.v1` | 38,219, each once and in order | 191 s | 1,000 | 24 | 10.7 MB throughout |',
  '| base protocol | 22,392, each once and in order | 112 s | 1,000 | 14 | 10.8 to 10.9 MB |',
]

function titleOf(code) {
  const name = /\b(carillon_\w+)\s*\(/.exec(code) ??
    /\b(?:struct|enum) (carillon_\w+)/.exec(code) ?? /#define (\w+)/.exec(code) ??
    /\(\*(\w+)\)/.exec(code)
  return name[1]
}

export function reference() {
  const about = prose(/\/\* carillon\.h — [^]*?\*\//.exec(header)[0])
  const out = ['# The C client library', '',
    'Made from `include/carillon.h` by `client/c/reference.mjs`; change it there. Link with',
    '`pkg-config --libs libcarillon`. `examples/c/bot.c` is a bot in its own loop,',
    '`examples/c/agent.c` an agent that streams, in a loop of the caller\'s.', '', about, '',
    ...FIGURES, '']
  for (const piece of pieces(header)) {
    if (piece.heading) out.push(`## ${piece.heading[0].toUpperCase()}${piece.heading.slice(1)}`, '')
    else out.push(`### \`${titleOf(piece.code)}\``, '')
    if (piece.text) out.push(piece.text, '')
    if (piece.code) {
      out.push('```c', piece.code.replace(/CARILLON_(API|MUST_USE)\s+/g, ''), '```', '')
    }
  }
  return out.join('\n')
}

if (process.argv[1]?.endsWith('reference.mjs')) process.stdout.write(reference())
