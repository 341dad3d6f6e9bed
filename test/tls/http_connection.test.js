// SPDX-License-Identifier: Apache-2.0
// http_connection.test.js: the suite test/protocol/http_connection.test.js once more, over TLS.
process.env.CARILLON_TEST_TLS = '1'
await import('../protocol/http_connection.test.js')
