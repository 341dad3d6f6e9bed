// SPDX-License-Identifier: Apache-2.0
// streams.test.js: the suite test/e2e/streams.test.js once more, over TLS.
process.env.CARILLON_TEST_TLS = '1'
await import('../e2e/streams.test.js')
