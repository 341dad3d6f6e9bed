// SPDX-License-Identifier: Apache-2.0
// contract.mjs: docs/openapi.yaml and docs/asyncapi.yaml are what they say they are. The first is
// read by Redocly's linter, the second by the parser of the AsyncAPI initiative: both resolve every
// reference, hold the document against its specification, and every example against its schema.
// `./dev lint` runs it; by hand: node test/lint/contract.mjs
import { Parser } from '@asyncapi/parser'
import { createConfig, lint } from '@redocly/openapi-core'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))

// Beyond the recommended rules. What a rule asks for and we do not do is off, with its reason.
const RULES = {
  'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: false },
  'no-invalid-schema-examples': { severity: 'error', allowAdditionalProperties: false },
  'no-invalid-parameter-examples': { severity: 'error', allowAdditionalProperties: false },
  'operation-operationId': 'error',
  'operation-tag-defined': 'error',
  'tag-description': 'error',
  'no-http-verbs-in-paths': 'off', // there is an `edit` in `edits`
  'operation-4xx-response': 'off', // the operators' routes have none but those of any route
  'no-ambiguous-paths': 'off', // ids are UUIDs, so `unread` and `sync` are none
  'no-server-example.com': 'off', // a server that one runs oneself is at home
}

async function openapiFindings() {
  const config = await createConfig({ extends: ['recommended'], rules: RULES })
  const problems = await lint({ ref: path('openapi.yaml'), config })
  return problems.map(({ severity, ruleId, message, location: [{ pointer }] }) =>
    `docs/openapi.yaml: ${severity}: ${pointer}: ${message} [${ruleId}]`)
}

async function asyncapiFindings() {
  const parser = new Parser()
  const source = path('asyncapi.yaml')
  const { diagnostics } = await parser.parse(readFileSync(source, 'utf8'), { source })
  return diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')
    .map(({ code, message, range }) =>
      `docs/asyncapi.yaml:${range.start.line + 1}: ${message} [${code}]`)
}

const found = [...await openapiFindings(), ...await asyncapiFindings()]
for (const line of found) console.error(line)
process.exitCode = found.length > 0 ? 1 : 0
