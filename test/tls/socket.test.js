// SPDX-License-Identifier: Apache-2.0
// socket.test.js: the suite test/e2e/socket.test.js once more, over TLS.
process.env.CARILLON_TEST_TLS = '1'
await import('../e2e/socket.test.js')
