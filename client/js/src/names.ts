// SPDX-License-Identifier: Apache-2.0
/**
 * names.ts — between the two spellings: camelCase in programs, snake_case on the wire.
 * Only names change, values never: what an application puts into `contentMeta` is a string.
 * @module
 */

type Json = unknown

/** The same with all its keys in camelCase. */
export const camel = <T>(value: Json): T => rename(value, toCamel) as T
/** The same with all its keys in snake_case; keys without a value are left out. */
export const snake = (value: Json): Json => rename(value, toSnake)

const toCamel = (name: string) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase())
const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function rename(value: Json, of: (name: string) => string): Json {
  if (Array.isArray(value)) return value.map((one) => rename(one, of))
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, one]) => one !== undefined)
  return Object.fromEntries(entries.map(([name, one]) => [of(name), rename(one, of)]))
}
