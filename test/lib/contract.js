// SPDX-License-Identifier: Apache-2.0
// contract.js: is what the server said what its documents say? Every answer that requestJson gets,
// and every frame that an EventSocket hears, comes by here; what is not documented fails the test
// that saw it. Bytes that are no HTTP or no WebSocket are the matter of RawHttp and RawWs, which do
// not ask.
import assert from 'node:assert/strict'
import { closed, codesIn, compile, document, follow, resolve } from './schemas.js'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const METHODS = ['get', 'put', 'post', 'delete', 'patch']
const PREFIX = '/v1/chat'

// Of HTTP itself.
const HTTP_HEADERS = new Set(['connection', 'content-length', 'content-type', 'date', 'keep-alive',
  'transfer-encoding'])

// ---- Operations ----

let all

// [{ method, path, operation }]: all of them.
export function operations() {
  all ??= Object.entries(document('openapi.yaml').paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) =>
      ({ method: method.toUpperCase(), path, operation: item[method], item })))
  return all
}

function fits(template, path) {
  const expected = template.split('/')
  const segments = path.split('/')
  return expected.length === segments.length && expected.every((one, i) =>
    one === '{name}' ? segments[i] !== ''
      : one.startsWith('{') ? UUID.test(segments[i]) : one === segments[i])
}

const literals = ({ path }) => path.split('/').filter((one) => !one.startsWith('{')).length

// The operations at a path, the short one too, those with the most literal parts first.
function operationsAt(path) {
  return operations().filter(({ path: template }) => fits(template, path) ||
    (template.startsWith(`${PREFIX}/`) && fits(template.slice(PREFIX.length), path)))
    .sort((a, b) => literals(b) - literals(a))
}

// ---- Answers ----

const judges = new Map()

function judge(key, make) {
  if (!judges.has(key)) judges.set(key, make())
  return judges.get(key)
}

const everyAnswer = () => document('openapi.yaml')['x-every-answer']

// The documented answer: its content, headers and codes, and what any route has besides.
function expectedAnswer(row, status) {
  const { codes, headers } = everyAnswer()
  const own = row?.operation.responses[status]
  const { value } = own ? follow(own, 'openapi.yaml') : {}
  return {
    isDocumented: own !== undefined || codes[status] !== undefined,
    content: value?.content ?? (codes[status] && errorContent()),
    codes: new Set([...codes[status] ?? [], ...codesIn(own?.description),
      ...codesIn(value?.description)]),
    headers: { ...headers, ...everyAnswer()['headers-of-status'][status], ...value?.headers },
  }
}

const errorContent = () =>
  ({ 'application/json': { schema: { $ref: '#/components/schemas/Error' } } })

// nginx puts its own name on what it passes on.
const isOfProxy = (value) => value.startsWith('nginx/')

function checkHeaders(expected, headers, where) {
  const possible = { ...expected, ...everyAnswer()['headers-with-origin'] }
  const documented = new Map(Object.entries(possible)
    .map(([name, header]) => [name.toLowerCase(), follow(header, 'openapi.yaml').value]))
  for (const name of Object.keys(headers)) {
    if (HTTP_HEADERS.has(name) || (name === 'server' && isOfProxy(headers[name]))) continue
    const header = documented.get(name)
    assert.ok(header, `${where} has the header ${name}, which docs/openapi.yaml has not`)
    const check = judge(header, () => compile(resolve(header.schema, 'openapi.yaml')))
    const fault = check(headers[name])
    assert.equal(fault, undefined, `${where}: the header ${name}: ${fault}`)
  }
  for (const [name, header] of documented) {
    if (header.required) assert.ok(name in headers, `${where} lacks the header ${name}`)
  }
}

function checkBody(row, expected, answer, where) {
  const { status, headers, body } = answer
  const type = (headers['content-type'] ?? '').split(';')[0]
  if (!expected.content) {
    assert.equal(body.length ?? 0, 0, `${where} has a body`)
    return
  }
  const content = expected.content[type]
  assert.ok(content, `${where} is ${type || 'of no type'}, not ${Object.keys(expected.content)}`)
  const key = `${row?.operation.operationId} ${status} ${type}`
  const check = judge(key, () => compile(closed(resolve(content.schema, 'openapi.yaml'))))
  const fault = check(body)
  assert.equal(fault, undefined, `${where}: ${fault}\n${JSON.stringify(body).slice(0, 2000)}`)
  if (status < 400 || type !== 'application/json') return
  assert.ok(expected.codes.has(body.code),
    `${where} has the code ${body.code}; documented are: ${[...expected.codes].join(', ')}`)
}

// What the server took must be what the document allows. null counts as absent.
function checkRequest(row, path, request, where) {
  const schema = row.operation.requestBody?.content['application/json']?.schema
  if (request !== null && typeof request === 'object' && schema) {
    const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== null))
    const key = `${row.operation.operationId} request`
    const fault = judge(key, () => compile(resolve(schema, 'openapi.yaml')))(given)
    assert.equal(fault, undefined, `${where}, so its request was good: ${fault}`)
  }
  const parameters = [...row.item.parameters ?? [], ...row.operation.parameters ?? []]
    .map((one) => follow(one, 'openapi.yaml').value)
  for (const name of new URLSearchParams(path.split('?')[1] ?? '').keys()) {
    assert.ok(parameters.some((one) => one.in === 'query' && one.name === name),
      `${where}: the parameter ${name} is not documented`)
  }
}

function checkOptions(answer, where) {
  const { headers, options } = everyAnswer()
  checkHeaders({ ...headers, ...options }, answer.headers, where)
}

// answer: { status, headers, body }, the body parsed when it is JSON. request: the body that was
// sent, when it was an object.
export function checkAnswer(method, target, answer, request) {
  const path = target.split('?')[0]
  const rows = operationsAt(path)
  const isHead = method === 'HEAD'
  const row = rows.find((one) => one.method === (isHead ? 'GET' : method))
  const where = `${method} ${target.slice(0, 200)}: the answer ${answer.status}`
  if (method === 'OPTIONS' && answer.status === 204) {
    checkOptions(answer, where)
    return
  }
  const expected = expectedAnswer(row, answer.status)
  assert.ok(expected.isDocumented, `${where} is not in docs/openapi.yaml\n` +
    JSON.stringify(answer.body).slice(0, 2000))
  checkHeaders(expected.headers, answer.headers, where)
  if (!isHead) checkBody(row, expected, answer, where)
  if (row && answer.status < 300) checkRequest(row, target, request, where)
}

// ---- Frames ----

// The message of docs/asyncapi.yaml that a frame of the server is, by its name.
export const messageName = (frame) => frame.type === 'event' ? frame.payload?.type : frame.type

export function messages() {
  return document('asyncapi.yaml').components.messages
}

// What belongs to a subprotocol must be there in it, and nowhere else; cursors only with events
// that are kept.
function frameSchema(message, subprotocol) {
  const isThere = (property, name) => property['x-subprotocol'] === undefined ||
    (property['x-subprotocol'] === subprotocol && (name !== 'cursor' || message['x-kept']))
  const demand = (schema) => {
    const added = Object.entries(schema.properties ?? {})
      .filter(([, one]) => one['x-subprotocol']).map(([name]) => name)
    if (added.length > 0) schema.required = [...schema.required ?? [], ...added]
    Object.values(schema.properties ?? {}).forEach(demand)
    return schema
  }
  return closed(demand(resolve(message.payload, 'asyncapi.yaml', { keeps: isThere })))
}

export function checkFrame(frame, subprotocol) {
  const name = messageName(frame)
  const story = JSON.stringify(frame).slice(0, 2000)
  const message = Object.hasOwn(messages(), name ?? '') ? messages()[name] : undefined
  assert.ok(message, `docs/asyncapi.yaml has no message ${name}: ${story}`)
  const { 'x-subprotocol': its = subprotocol } = message
  assert.equal(its, subprotocol, `a frame ${name} on a socket without ${its}: ${story}`)
  const check = judge(`frame ${name} ${subprotocol}`,
    () => compile(frameSchema(message, subprotocol)))
  const fault = check(frame)
  assert.equal(fault, undefined, `a frame ${name}: ${fault}\n${story}`)
}
