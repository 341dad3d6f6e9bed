// SPDX-License-Identifier: Apache-2.0
// socket_limits.test.js: the suite test/e2e/socket_limits.test.js once more, over TLS.
process.env.CARILLON_TEST_TLS = '1'
await import('../e2e/socket_limits.test.js')
