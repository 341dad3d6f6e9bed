// SPDX-License-Identifier: Apache-2.0
// database.js: a look into the database of a server that is stopped, or a change that no server
// would make. With the command-line shell of SQLite.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

// Run SQL on the database in this data directory; the lines that it prints.
export function sql(data, statement) {
  const database = join(data, 'carillon.db')
  const output = execFileSync('sqlite3', ['-bail', database, statement], { encoding: 'utf8' })
  return output.split('\n').slice(0, -1)
}
