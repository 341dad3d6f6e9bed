// SPDX-License-Identifier: Apache-2.0
// child.js: a program under test: started, watched, ended, and never left behind. Only processes
// that were started here are ever signalled, through their own handle.
import { spawn } from 'node:child_process'
import { until, within } from './wait.js'

const running = new Set()

// A runner that gives a suite up ends it with a signal, and its servers have to go with it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

// Our own environment without the variables that tell the suites where things are: the server takes
// every CARILLON_… for an option, and refuses to start when it knows none of that name.
export function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('CARILLON_')),
  )
}

export class Child {
  stdout = ''
  stderr = ''
  // { code, signal } once it has ended and all of its output is here.
  end = null

  // stdin: 'pipe' for a program that is written to, through process.stdin.
  constructor(program, args, env = {}, stdin = 'ignore') {
    this.command = [program, ...args].join(' ')
    this.process = spawn(program, args, {
      stdio: [stdin, 'pipe', 'pipe'],
      env: { ...cleanEnvironment(), ...env },
    })
    running.add(this.process)
    this.process.stdout.setEncoding('utf8').on('data', (text) => (this.stdout += text))
    this.process.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text))
    this.ended = new Promise((resolve, reject) => {
      this.process.once('error', (error) => {
        running.delete(this.process)
        reject(error)
      })
      this.process.once('close', (code, signal) => {
        running.delete(this.process)
        this.end = { code, signal }
        resolve(this.end)
      })
    })
    // Whoever waits sees the rejection; without this line, nobody waiting would end the suite.
    this.ended.catch(() => {})
  }

  get pid() {
    return this.process.pid
  }

  // Wait for output that matches; the match, or an error with all of the output.
  output(pattern) {
    const found = () => {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (!match && this.end) {
        throw new Error(`ended with ${JSON.stringify(this.end)} before ${pattern}\n${this.story()}`)
      }
      return match
    }
    return Promise.race([
      until(found, () => `${pattern}\n${this.story()}`),
      this.ended.then(found),
    ])
  }

  // Send a signal and wait for the end.
  async signal(name) {
    if (!this.end) this.process.kill(name)
    return within(this.ended, () => `${this.command} to end after ${name}\n${this.story()}`)
  }

  story() {
    return `${this.command}\n${this.stdout}${this.stderr.slice(-8000)}`
  }
}
