// SPDX-License-Identifier: Apache-2.0
/* wire.c — sockets from many addresses, and the headers of frames. */
#include "bench/wire.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/fail.h"

#define SOCKETS_PER_ADDRESS 4096u /* well below the 28,000 ports that an address has */

int wire_connect(size_t index, uint16_t port)
{
    struct sockaddr_in source = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)(index / SOCKETS_PER_ADDRESS)),
    };
    struct sockaddr_in server = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&source, sizeof source) != 0) {
        fail("no socket %zu: %m", index);
    }
    if (connect(fd, (struct sockaddr *)&server, sizeof server) == 0) return fd;
    (void)close(fd);
    return -1;
}

unsigned wire_close_code(const char *payload, size_t len)
{
    return len < 2 ? 1005u : (unsigned)(unsigned char)payload[0] << 8 | (unsigned char)payload[1];
}

bool wire_measure_frame(const char *at, size_t len, size_t *header_len, size_t *payload_len)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t header = 2;
    uint64_t payload;

    if (len < 2) return false;
    payload = b[1] & 0x7f;
    if (payload == 126) {
        header = 4;
        if (len < header) return false;
        payload = (uint64_t)b[2] << 8 | b[3];
    } else if (payload == 127) {
        header = 10;
        if (len < header) return false;
        payload = 0;
        for (size_t i = 2; i < 10; i++) payload = payload << 8 | b[i];
    }
    if (payload > WIRE_FRAME_BYTES_MAX - header) fail("a frame is too long");
    if (len < header + payload) return false;
    *header_len = header;
    *payload_len = (size_t)payload;
    return true;
}
