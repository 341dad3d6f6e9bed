// SPDX-License-Identifier: Apache-2.0
// schemas.js: docs/openapi.yaml and docs/asyncapi.yaml as schemas that can be asked. References are
// put in place and `allOf`s of objects are made one object, so that a schema can be *closed*: what
// the server says may have no field that is not listed. The documents themselves leave objects
// open, because their readers must ignore what they do not know. Everything is read and compiled
// when it is first asked for.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import yaml from 'js-yaml'
import { ROOT } from './docs.js'

const require = createRequire(import.meta.url)
const documents = new Map()

// 'openapi.yaml' or 'asyncapi.yaml'.
export function document(name) {
  if (!documents.has(name)) {
    documents.set(name, yaml.load(readFileSync(join(ROOT, 'docs', name), 'utf8')))
  }
  return documents.get(name)
}

// What `object` refers to, if it does: { value, name }, the document that its references are in.
export function follow(object, name) {
  if (object?.$ref === undefined) return { value: object, name }
  const [file, pointer] = object.$ref.split('#')
  const target = file || name
  const value = pointer.split('/').slice(1).reduce(
    (at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document(target))
  if (value === undefined) throw new Error(`docs/${name}: ${object.$ref} leads nowhere`)
  return follow(value, target)
}

// Two descriptions of one object; the second one is closer.
function merge(a, b) {
  const merged = { ...a, ...b }
  if (a.required && b.required) merged.required = [...new Set([...a.required, ...b.required])]
  if (a.properties && b.properties) {
    merged.properties = { ...a.properties }
    for (const [key, value] of Object.entries(b.properties)) {
      merged.properties[key] = key in a.properties ? merge(a.properties[key], value) : value
    }
  }
  return merged
}

// The schema without references and `allOf`s. options: keeps(property schema, name), which may
// leave a property out.
export function resolve(schema, name, { keeps = () => true } = {}) {
  const at = (one) => resolve(one, name, { keeps })
  if (schema.$ref !== undefined) {
    const { $ref, ...beside } = schema
    const target = follow({ $ref }, name)
    return merge(resolve(target.value, target.name, { keeps }), beside)
  }
  const { allOf = [], ...own } = schema
  const copy = allOf.map(at).reduceRight((later, one) => merge(one, later), own)
  if (own.properties) {
    copy.properties = { ...copy.properties }
    for (const [key, value] of Object.entries(own.properties)) copy.properties[key] = at(value)
  }
  for (const key of Object.keys(copy.properties ?? {})) {
    if (keeps(copy.properties[key], key)) continue
    delete copy.properties[key]
    copy.required = copy.required?.filter((one) => one !== key)
  }
  if (own.items) copy.items = at(own.items)
  return copy
}

// The same, with nothing beside what is listed, at any depth.
export function closed(schema) {
  const copy = { ...schema }
  if (schema.properties) {
    copy.additionalProperties ??= false
    copy.properties = Object.fromEntries(
      Object.entries(schema.properties).map(([key, value]) => [key, closed(value)]))
  }
  if (schema.items) copy.items = closed(schema.items)
  return copy
}

let ajv

// A function that gives a text about what is wrong with a value, or undefined.
export function compile(schema) {
  if (!ajv) {
    const Ajv = require('ajv/dist/2020.js').default
    ajv = new Ajv({ strict: false, allErrors: true })
    require('ajv-formats')(ajv)
  }
  const validate = ajv.compile(schema)
  const told = (error) => {
    const extra = error.params.additionalProperty
    return extra === undefined ? error : { ...error, message: `has "${extra}", not listed` }
  }
  return (value) => validate(value) ? undefined
    : ajv.errorsText(validate.errors.map(told), { dataVar: 'it' })
}

// The codes in the description of an answer that is an error: the words in backquotes.
export function codesIn(text = '') {
  return [...text.matchAll(/`([a-z]+(?:_[a-z]+)*)`/g)].map(([, code]) => code)
}
