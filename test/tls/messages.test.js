// SPDX-License-Identifier: Apache-2.0
// messages.test.js: the suite test/e2e/messages.test.js once more, over TLS.
process.env.CARILLON_TEST_TLS = '1'
await import('../e2e/messages.test.js')
