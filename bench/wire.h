// SPDX-License-Identifier: Apache-2.0
/* wire.h — what every socket of the benchmark does: come from an address with room, find where a
 * frame ends. Any thread, no state. */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_FRAME_BYTES_MAX 262144u /* of one frame; past it: fail */

/* A socket to the server's port; `index` spreads the sockets over addresses of the loopback, of
 * which each has about 28,000 ports. -1 and errno: nobody listens there. */
int wire_connect(size_t index, uint16_t port);
/* The lengths of the header and the payload of the frame at `at`; false: it is not whole. */
bool wire_measure_frame(const char *at, size_t len, size_t *header_len, size_t *payload_len);
/* The code of a close frame's payload. */
unsigned wire_close_code(const char *payload, size_t len);

#endif
