// SPDX-License-Identifier: Apache-2.0
// browser.js: the real Chromium, and pages with the client in them. What a page asks of its own
// backend is answered by `routes`; what it says with `tell(…)` is collected here.
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { chromium } from 'playwright-core'
import { ROOT } from './source.js'

// Debian's; another one by CHROMIUM.
const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium'
const ARGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
]

// What a page would load from a content network: the whole package in one file.
export async function bundle(entry) {
  const { outputFiles: [file] } = await build({
    absWorkingDir: ROOT,
    stdin: { contents: entry, resolveDir: ROOT, loader: 'jsx' },
    jsx: 'automatic',
    bundle: true,
    minify: true,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  })
  return file.text
}

// A web site: `pages` are its files by path, `routes` what its backend answers with (JSON).
export class Site {
  static async start(t, { pages = {}, routes = {} } = {}) {
    const site = new Site()
    site.pages = { '/chat.js': await bundle("export * from '@carillon/chat'"), ...pages }
    site.routes = routes
    site.http = createServer((request, response) => site.#answer(request, response))
    await new Promise((resolve) => site.http.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      site.http.closeAllConnections()
      return new Promise((resolve) => site.http.close(resolve))
    })
    return site
  }

  get origin() {
    return `http://127.0.0.1:${this.http.address().port}`
  }

  async #answer(request, response) {
    const path = new URL(request.url, 'http://x').pathname
    const route = this.routes[path]
    const page = this.pages[path]
    const type = path.endsWith('.js') ? 'text/javascript' : route ? 'application/json' : 'text/html'
    response.setHeader('Content-Type', `${type}; charset=utf-8`)
    if (route) response.end(JSON.stringify(await route(request)))
    else if (page !== undefined) response.end(page)
    else response.writeHead(404).end()
  }
}

// A browser of its own, with an empty profile.
export async function launch(t) {
  const profile = mkdtempSync(join(tmpdir(), 'carillon-chromium-'))
  const options = { executablePath: EXECUTABLE, args: ARGS, headless: true }
  const context = await chromium.launchPersistentContext(profile, options)
  t.after(async () => {
    await context.close()
    rmSync(profile, { recursive: true, force: true })
  })
  return context
}

// A tab that shows a page of the site. `told` is what its script said; errors of it are there too.
export async function openTab(context, site, path = '/') {
  const page = await context.newPage()
  const told = []
  page.on('pageerror', (error) => told.push(['pageerror', String(error)]))
  await page.exposeFunction('tell', (...args) => {
    told.push(args)
  })
  await page.goto(site.origin + path)
  return { page, told }
}
