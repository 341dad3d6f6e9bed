// SPDX-License-Identifier: Apache-2.0
// source.js: one file of src/ as a module, for what the package keeps to itself.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export async function source(name) {
  const { outputFiles: [file] } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`src/${name}.ts`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
  })
  return import(`data:text/javascript;base64,${Buffer.from(file.contents).toString('base64')}`)
}
