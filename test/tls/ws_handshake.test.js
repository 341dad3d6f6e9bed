// SPDX-License-Identifier: Apache-2.0
// ws_handshake.test.js: the suite test/protocol/ws_handshake.test.js once more, over TLS.
process.env.CARILLON_TEST_TLS = '1'
await import('../protocol/ws_handshake.test.js')
