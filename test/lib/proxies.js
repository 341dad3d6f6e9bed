// SPDX-License-Identifier: Apache-2.0
// proxies.js: the programs that people put in front of a server, with the configuration that
// docs/operations.md gives them. `./dev` unpacks them into build-tools/, because installing them
// would start them; elsewhere they are looked for in the PATH.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from './child.js'
import { ROOT, read, section } from './docs.js'
import { RawConnection } from './http.js'
import { until } from './wait.js'

const TOOLS = join(ROOT, 'build-tools')
const LIBRARIES = join(TOOLS, 'usr/lib/x86_64-linux-gnu')

function start(name, args) {
  const path = join(TOOLS, 'usr/sbin', name)
  return existsSync(path)
    ? new Child(path, args, { LD_LIBRARY_PATH: LIBRARIES })
    : new Child(name, args)
}

// The block of this language in docs/operations.md, made for the port of a server.
function documented(language, server) {
  const text = section(read('docs/operations.md'), '### A proxy')
  const [, block] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)
  return block.replaceAll('127.0.0.1:8080', `127.0.0.1:${server.port}`)
}

// A line of a proxy's log says to whom it has sent a request on, if it has.
const SENT_ON = /^(\w+) (\/\S*) -> (?!-$|<NOSRV>$)/gm

class Proxy {
  constructor(port, child, logOf) {
    Object.assign(this, { port, child, logOf })
  }

  static async started(t, port, child, logOf) {
    t.after(() => child.signal('SIGTERM'))
    await until(async () => {
      if (child.end) throw new Error(child.story())
      return RawConnection.open(port, { plain: true }).then((c) => (c.close(), true), () => false)
    }, () => child.story())
    return new Proxy(port, child, logOf)
  }

  // How many requests for `path` it has sent on to the server.
  sentOn(path) {
    return [...this.logOf().matchAll(SENT_ON)].filter(([, , seen]) => seen === path).length
  }
}

export async function startNginx(t, server, port, directory) {
  const log = join(directory, 'access.log')
  const path = join(directory, 'nginx.conf')
  writeFileSync(path, `
daemon off; master_process off; pid ${directory}/pid; error_log stderr;
events { worker_connections 128; }
http {
    log_format sent_on '$request_method $uri -> $upstream_addr';
    access_log ${log} sent_on;
    client_body_temp_path ${directory}; proxy_temp_path ${directory};
    fastcgi_temp_path ${directory}; uwsgi_temp_path ${directory}; scgi_temp_path ${directory};
    server { listen 127.0.0.1:${port}; ${documented('nginx', server)} }
}`)
  writeFileSync(log, '')
  const child = start('nginx', ['-c', path, '-p', directory, '-e', 'stderr'])
  return Proxy.started(t, port, child, () => readFileSync(log, 'latin1'))
}

export async function startHaproxy(t, server, port, directory) {
  const path = join(directory, 'haproxy.cfg')
  const config = documented('haproxy', server).replace(/^ *bind .*$/m, `    bind 127.0.0.1:${port}
    log stdout format raw local0
    log-format "%HM %HPO -> %s"`)
  writeFileSync(path, config)
  const child = start('haproxy', ['-db', '-f', path])
  return Proxy.started(t, port, child, () => child.stdout)
}
