// SPDX-License-Identifier: Apache-2.0
// hardening.test.js: what stands behind the walls (docs/threat-model.md): how the program is built,
// what its process may do, its unit for systemd and its example of a configuration, and that no
// client writes into its log.
import { after, before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { RawHttp } from '../lib/http.js'
import { PASSWORD, makeTenant } from '../lib/people.js'
import { BUILD_DIR, CARILLON, run, startServer, temporaryDirectory } from '../lib/server.js'
import { usualCertificate } from '../lib/tls.js'

const isRelease = basename(BUILD_DIR) === 'build'
const has = (program) => {
  try {
    return execFileSync('which', [program], { encoding: 'utf8', stdio: 'pipe' }) !== ''
  } catch {
    return false
  }
}
const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

let scratch
before(() => (scratch = temporaryDirectory()))
after(() => rmSync(scratch, { recursive: true, force: true }))

// Only what ships is built with all of it.
if (isRelease) {
  const readelf = (option, file) =>
    execFileSync('readelf', ['--wide', option, file], { encoding: 'utf8' })

  for (const file of [CARILLON, join(BUILD_DIR, 'lib', 'libcarillon.so')]) {
    describe(`${basename(file)} is built`, () => {
      test('to be anywhere in memory, with nothing that is written and run', () => {
        assert.match(readelf('--file-header', file), /Type:\s+DYN/)
        const segments = readelf('--segments', file)
        assert.match(segments, /GNU_STACK(\s+0x\w+)+\s+RW\s/)
        assert.match(segments, /GNU_RELRO/)
        assert.doesNotMatch(segments, /LOAD(\s+0x\w+)+\s+RWE/)
        const dynamic = readelf('--dynamic', file)
        if (file === CARILLON) assert.match(dynamic, /FLAGS_1\).*\bPIE\b/)
        assert.match(dynamic, /\(FLAGS\).*BIND_NOW|FLAGS_1\).*\bNOW\b/)
        assert.doesNotMatch(dynamic, /TEXTREL|RPATH|RUNPATH/)
      })

      test('with a guarded stack and calls that know how much room there is', () => {
        const symbols = readelf('--dyn-syms', file)
        assert.match(symbols, /UND __stack_chk_fail@/)
        assert.match(symbols, /UND __\w+_chk@/)
        assert.match(symbols, /UND __snprintf_chk@/)
        assert.doesNotMatch(symbols, /UND (sprintf|vsprintf|strcpy|strcat|gets)@/)
      })

      test('with marks where an indirect jump may go, where the processor knows them', () => {
        if (process.arch !== 'x64') return
        const name = file === CARILLON ? 'main' : 'carillon_client_free'
        const code = execFileSync('objdump', ['-d', `--disassemble=${name}`, file],
          { encoding: 'utf8' })
        assert.match(code, new RegExp(`<${name}>:\\n[^\\n]*endbr64`))
      })

      test('without saying where', () => {
        const place = new URL('../..', import.meta.url).pathname
        assert.ok(!readFileSync(file).includes(place), place)
      })
    })
  }
}

describe('the process', () => {
  // Sanitizers look at their own process, so they are let.
  test('keeps its files and its memory to itself', async (t) => {
    const server = await startServer(t)
    assert.match(readFileSync(`/proc/${server.pid}/status`, 'utf8'), /^Umask:\s+0077$/m)
    if (!isRelease) return
    const limits = readFileSync(`/proc/${server.pid}/limits`, 'utf8')
    assert.match(limits, /^Max core file size\s+0\s+0\s/m)
    const open = await startServer(t, { args: ['--core-dumps', 'on'] })
    const before = readFileSync('/proc/self/limits', 'utf8')
    const line = /^Max core file size.*/m
    const after = readFileSync(`/proc/${open.pid}/limits`, 'utf8')
    assert.equal(line.exec(after)[0], line.exec(before)[0])
  })
})

if (isRelease) {
  describe('the unit and what is installed', () => {
    const skip = has('systemd-analyze') ? false : 'systemd-analyze is not here'
    let root
    before(() => {
      root = join(scratch, 'installed')
      execFileSync('cmake', ['--install', BUILD_DIR, '--prefix', root], { stdio: 'pipe' })
    })

    test('everything is where it belongs, and the program runs', () => {
      const library = execFileSync('find', [root, '-name', 'libcarillon.so*'], { encoding: 'utf8' })
      assert.ok(library.trim().split('\n').length >= 3, library)
      const files = ['bin/carillon', 'include/carillon.h', 'share/man/man3/libcarillon.3',
        'lib/systemd/system/carillon.service', 'lib/sysusers.d/carillon.conf',
        'share/doc/carillon/carillon.ini', 'share/doc/carillon/operations.md']
      for (const file of files) assert.ok(existsSync(join(root, file)), file)
      const said = execFileSync(join(root, 'bin', 'carillon'), ['--version'], { encoding: 'utf8' })
      assert.match(said, /^carillon \d/)
    })

    test('systemd finds nothing wrong with it, and little that is exposed', { skip }, () => {
      const unit = join(root, 'lib', 'systemd', 'system', 'carillon.service')
      assert.ok(readFileSync(unit, 'utf8').includes(`ExecStart=${root}/bin/carillon serve`))
      const analyze = (...args) => execFileSync('systemd-analyze', args,
        { encoding: 'utf8', stdio: 'pipe' })
      assert.equal(analyze('verify', unit), '')
      // Ends with an error above it: the number is of a hundred.
      const said = analyze('security', '--offline=true', '--threshold=20', '--no-pager', unit)
      const [, exposure] = /Overall exposure level for carillon\.service: ([\d.]+)/.exec(said)
      assert.ok(Number(exposure) > 0 && Number(exposure) <= 2, said)
    })
  })
}

describe('packaging/carillon.ini', () => {
  const example = read('packaging/carillon.ini')
  // An option that is only shown: "; name = value".
  const shown = example.replace(/^; (\w+ = )/gm, '$1')

  test('the server starts with it as it is', async (t) => {
    const file = join(scratch, 'carillon.ini')
    writeFileSync(file, example)
    const server = await startServer(t, { args: ['--config', file] })
    const body = { email: 'a@example.com', password: PASSWORD, display_name: 'A', tenant_name: 'A' }
    const { status } = await server.request('POST', '/auth/signup', { body })
    assert.equal(status, 403, 'signup = invite')
  })

  test('and with every option that it shows', async (t) => {
    const { cert, key } = usualCertificate()
    const file = join(scratch, 'all.ini')
    // It shows two places to listen, one of each kind of TLS: the second counts here.
    const text = shown.replace(/^listen = 127.*\n/m, '')
      .replace(/^tls_cert = .*/m, `tls_cert = ${cert}`)
      .replace(/^tls_key = .*/m, `tls_key = ${key}`)
    writeFileSync(file, text)
    assert.ok(text.split('\n').filter((line) => /^\w/.test(line)).length > 14)
    const server = await startServer(t,
      { args: ['--config', file], tls: usualCertificate(), hasTlsFlags: false })
    assert.equal((await server.request('GET', '/readyz')).status, 200)
  })
})

describe('L9 the log', () => {
  // What a terminal or a reader of lines would obey.
  const HOSTILE = ['\n', '\r', '\x1b[2J', '\x00', '\x07', '\x7f', '\u0085', '\u009b', '\u2028',
    '\u202e']
  const VALUE = '("(\\\\.|[^"\\\\])*"|[^\\s"]*)'
  const LINE = new RegExp(`^at=\\S+ level=[a-z]+ event=[a-z_]+( [a-z_]+=${VALUE})*$`)

  test('has one line of printable characters for each event, whatever clients send', async (t) => {
    const args = ['--log-level', 'debug', '--trusted-proxies', '127.0.0.1',
      '--rate-search-per-min', '1']
    const server = await startServer(t, { args })
    const [ada, grace] = await makeTenant(server, 'Ada', 'Grace')
    const { id } = await ada.conversation([grace])
    const forged = 'at=2026-01-01T00:00:00.000Z level=error event=forged'
    for (const bad of HOSTILE) {
      const text = `x${bad}${forged}`
      const escaped = encodeURIComponent(text)
      const login = { email: `${text}@example.com`, password: text }
      await server.request('POST', '/auth/login', { body: login })
      await server.request('POST', '/auth/signup',
        { body: { ...login, display_name: text, tenant_name: text } })
      await server.request('POST', '/auth/refresh', { body: { refresh_token: text } })
      await server.request('GET', `/${escaped}`, { token: ada.access })
      await server.request('GET', `/v1/chat/search?q=${escaped}`, { token: ada.access })
      await server.request('GET', `/ws?token=${escaped}`)
      await ada.post('/v1/chat/messages/send',
        { conversation_id: id, content_text: text, client_msg_id: text.slice(0, 60) })
      await ada.post('/v1/chat/conversations', { participant_ids: [grace.id], name: text })
      // Bytes as they are, in every header that the server looks at.
      for (const name of ['Host', 'Origin', 'Authorization', 'X-Forwarded-For', 'Forwarded',
        'User-Agent', 'Content-Type', 'If-None-Match', 'X-Request-Id']) {
        const connection = await RawHttp.open(server.port)
        const host = name === 'Host' ? '' : 'Host: a\r\n'
        await connection.write(Buffer.from(
          `POST /auth/login HTTP/1.1\r\n${host}${name}: ${text}\r\nContent-Length: 0\r\n\r\n`))
        connection.finish()
        await connection.rest()
        connection.close()
      }
      const raw = await RawHttp.open(server.port)
      await raw.write(Buffer.from(`GET /${text} HTTP/1.1\r\nHost: a\r\n\r\n`))
      raw.finish()
      await raw.rest()
      raw.close()
    }
    const socket = await ada.socket()
    for (const bad of HOSTILE) {
      await socket.say({ action: `x${bad}${forged}`, conversation_id: bad })
    }
    await socket.close()
    await server.terminate()
    const lines = server.log.trimEnd().split('\n')
    assert.ok(lines.length > 100, `${lines.length} lines`)
    for (const line of lines) {
      assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      assert.match(line, LINE)
      assert.doesNotMatch(line, /event=forged/)
    }
  })

  test('what the command line says of a name is printable, too', async () => {
    const { stderr } = await run(['serve', '--signup', 'x\x1b[2J\nlevel=error'])
    assert.equal(stderr.trimEnd().split('\n').length, 1)
    assert.doesNotMatch(stderr.trimEnd(), /[\x00-\x1f\x7f]/)
  })
})
