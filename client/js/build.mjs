// SPDX-License-Identifier: Apache-2.0
// build.mjs: dist/ from src/: one file for import and one for require per entry point, and types.
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('.', import.meta.url))
const dist = join(root, 'dist')
const typescript = join(root, 'node_modules', 'typescript', 'bin', 'tsc')

rmSync(dist, { recursive: true, force: true })
execFileSync(process.execPath, [typescript, '-p', root], { stdio: 'inherit' })

const options = {
  absWorkingDir: root,
  entryPoints: ['src/index.ts', 'src/react.ts'],
  outdir: 'dist',
  bundle: true,
  platform: 'neutral',
  target: 'es2022',
  external: ['react'],
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  banner: { js: '// SPDX-License-Identifier: Apache-2.0' },
  logLevel: 'warning',
}
await build({ ...options, format: 'esm' })
await build({ ...options, format: 'cjs', outExtension: { '.js': '.cjs' } })

// The same types for those who require: TypeScript goes by the name of the file.
for (const name of readdirSync(dist).filter((one) => one.endsWith('.d.ts'))) {
  const text = readFileSync(join(dist, name), 'utf8')
  const common = text.replace(/(from ['"]\.\/\w+)\.js(['"])/g, '$1.cjs$2')
  writeFileSync(join(dist, name.replace(/\.d\.ts$/, '.d.cts')), common)
}
