// SPDX-License-Identifier: Apache-2.0
/* tls_stream_test.c — a stream against a client that is fed by hand: every split of its bytes, both
 * versions and kinds of keys, tickets, half-closes, and peers that break the rules. */
#include "net/tls_stream.h"

#include "net/tls_testing.h"

#define DAY TLS_TESTING_DAY_SEC

struct fixture {
    char directory[TLS_TESTING_PATH_BYTES];
    struct tls_testing_pair ecdsa;
    struct tls_testing_pair rsa;
    struct tls *tls; /* both */
    struct tls_room *room;
    SSL_CTX *client_context;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct tls_files files[2];

    assert_non_null(f);
    tls_testing_make_directory(f->directory);
    tls_testing_make_pair(&f->ecdsa, f->directory, "ecdsa", TLS_TESTING_ECDSA, -DAY, DAY);
    tls_testing_make_pair(&f->rsa, f->directory, "rsa", TLS_TESTING_RSA, -DAY, DAY);
    files[0] = tls_testing_files(&f->ecdsa);
    files[1] = tls_testing_files(&f->rsa);
    f->tls = tls_testing_load(files, 2, NULL);
    f->room = tls_room_new();
    f->client_context = tls_testing_client_context();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    SSL_CTX_free(f->client_context);
    tls_room_free(f->room);
    tls_unref(f->tls);
    tls_testing_remove_pair(&f->ecdsa);
    tls_testing_remove_pair(&f->rsa);
    assert_int_equal(rmdir(f->directory), 0);
    free(f);
    return 0;
}

/* ---- both sides, and the bytes between them ---- */

struct pair {
    struct tls_stream *stream;
    struct tls_testing_client client;
    struct buf got; /* plain bytes that the stream read */
    enum result last;
};

static void pair_open(struct pair *p, const struct fixture *f, struct tls *tls)
{
    *p = (struct pair){.stream = tls_stream_new(tls, f->room)};
    tls_testing_client_open(&p->client, f->client_context);
    buf_init(&p->got, 64u << 20);
}

static void pair_close(struct pair *p)
{
    tls_stream_free(p->stream);
    tls_testing_client_close(&p->client);
    buf_release(&p->got);
}

/* What the stream wants to say goes to the client. */
static void deliver(struct pair *p)
{
    struct buf *sealed = &p->stream->room->sealed;

    if (sealed->len > 0)
        assert_int_equal(BIO_write(p->client.in, sealed->bytes, (int)sealed->len),
                         (int)sealed->len);
    buf_clear(sealed);
}

/* The stream gets these bytes, as a connection would give them. */
static void feed(struct pair *p, struct str bytes)
{
    struct tls_room *room = p->stream->room;

    assert_true(bytes.len <= LOOP_RECEIVE_BYTES);
    room->in = bytes;
    for (;;) {
        size_t len;
        p->last = tls_stream_read(p->stream, &len);
        if (p->last != R_OK) break;
        assert_true(len > 0 && len <= sizeof room->plain);
        buf_append(&p->got, str_of(room->plain, len));
    }
    assert_int_equal(room->in.len, 0);
}

/* All that the client wants to say, in pieces. */
static void feed_from_client(struct pair *p, size_t piece_bytes)
{
    struct str out = tls_testing_client_out(&p->client);

    for (size_t at = 0; at < out.len; at += piece_bytes) feed(p, str_slice(out, at, piece_bytes));
    tls_testing_client_sent(&p->client);
}

static void handshake(struct pair *p, size_t piece_bytes)
{
    for (unsigned i = 0; i < 5 && !(p->stream->is_ready && SSL_is_init_finished(p->client.ssl));
         i++) {
        (void)SSL_do_handshake(p->client.ssl);
        feed_from_client(p, piece_bytes);
        assert_int_equal(p->last, R_DONE);
        deliver(p);
    }
    assert_true(p->stream->is_ready);
    assert_true(SSL_is_init_finished(p->client.ssl));
}

/* The client reads what was sealed for it: exactly this. */
static void expect_client_reads(struct pair *p, struct str expected)
{
    static char got[1 << 20];
    size_t len = 0;

    deliver(p);
    while (len < sizeof got) {
        size_t once;
        if (SSL_read_ex(p->client.ssl, got + len, sizeof got - len, &once) != 1) break;
        len += once;
    }
    assert_int_equal(len, expected.len);
    if (len > 0) assert_memory_equal(got, expected.at, len);
}

static void client_writes(struct pair *p, struct str text)
{
    size_t written;

    assert_int_equal(SSL_write_ex(p->client.ssl, text.at, text.len, &written), 1);
    assert_int_equal(written, text.len);
}

static void seal(struct pair *p, struct str text)
{
    struct iovec vector = {(void *)(uintptr_t)text.at, text.len};

    assert_int_equal(tls_stream_seal(p->stream, &vector, 1), text.len);
}

static void expect_conversation(struct pair *p)
{
    client_writes(p, STR("hello "));
    client_writes(p, STR("server"));
    feed_from_client(p, 1u << 16);
    assert_int_equal(p->last, R_DONE);
    assert_int_equal(p->got.len, 12);
    assert_memory_equal(p->got.bytes, "hello server", 12);
    seal(p, STR("hello client"));
    expect_client_reads(p, STR("hello client"));
    buf_clear(&p->got);
}

/* ---- versions, keys, protocols ---- */

static void test_versions_and_kinds_of_keys(void **state)
{
    struct fixture *f = *state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const struct {
        const char *signatures;
        int key;
    } kinds[] = {{"ECDSA+SHA256:RSA-PSS+SHA256", EVP_PKEY_EC}, {"RSA-PSS+SHA256", EVP_PKEY_RSA}};

    for (size_t i = 0; i < 4; i++) {
        struct pair p;
        X509 *certificate;
        pair_open(&p, f, f->tls);
        SSL_set_min_proto_version(p.client.ssl, versions[i % 2]);
        SSL_set_max_proto_version(p.client.ssl, versions[i % 2]);
        assert_int_equal(SSL_set1_sigalgs_list(p.client.ssl, kinds[i / 2].signatures), 1);
        handshake(&p, 1u << 16);
        assert_int_equal(SSL_version(p.client.ssl), versions[i % 2]);
        certificate = SSL_get1_peer_certificate(p.client.ssl);
        assert_int_equal(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate)), kinds[i / 2].key);
        X509_free(certificate);
        expect_conversation(&p);
        pair_close(&p);
    }
}

static void test_tls_1_1_is_refused(void **state)
{
    struct fixture *f = *state;
    struct pair p;

    pair_open(&p, f, f->tls);
    SSL_set_security_level(p.client.ssl, 0);
    SSL_set_min_proto_version(p.client.ssl, TLS1_VERSION);
    SSL_set_max_proto_version(p.client.ssl, TLS1_1_VERSION);
    (void)SSL_do_handshake(p.client.ssl);
    feed_from_client(&p, 1u << 16);
    assert_int_equal(p.last, R_INVALID);
    assert_true(p.stream->is_ended);
    deliver(&p);
    assert_int_equal(SSL_do_handshake(p.client.ssl), -1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
    pair_close(&p);
}

static void expect_alpn(struct fixture *f, struct str offered, const char *chosen)
{
    struct pair p;
    const unsigned char *name;
    unsigned len;

    pair_open(&p, f, f->tls);
    assert_int_equal(
        SSL_set_alpn_protos(p.client.ssl, (const unsigned char *)offered.at, (unsigned)offered.len),
        0);
    if (chosen != NULL) {
        handshake(&p, 1u << 16);
        SSL_get0_alpn_selected(p.client.ssl, &name, &len);
        assert_int_equal(len, strlen(chosen));
        assert_memory_equal(name, chosen, len);
    } else {
        (void)SSL_do_handshake(p.client.ssl);
        feed_from_client(&p, 1u << 16);
        assert_int_equal(p.last, R_INVALID);
        buf_clear(&f->room->sealed);
    }
    pair_close(&p);
}

static void test_alpn(void **state)
{
    expect_alpn(*state, STR("\x02h2\x08http/1.1"), "http/1.1");
    expect_alpn(*state, STR("\x08http/1.1"), "http/1.1");
    expect_alpn(*state, STR("\x02h2"), NULL);
}

/* ---- every split ---- */

static void test_every_split_of_a_handshake(void **state)
{
    struct fixture *f = *state;

    for (size_t piece_bytes = 1; piece_bytes <= 600; piece_bytes += piece_bytes < 40 ? 1 : 37) {
        struct pair p;
        pair_open(&p, f, f->tls);
        handshake(&p, piece_bytes);
        expect_conversation(&p);
        pair_close(&p);
    }
}

static void test_every_split_of_records(void **state)
{
    struct fixture *f = *state;
    static char text[300];
    struct pair p;

    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 26);
    pair_open(&p, f, f->tls);
    handshake(&p, 1u << 16);
    for (size_t split = 1; split < 3 * sizeof text; split++) {
        buf_clear(&p.got);
        client_writes(&p, str_of(text, 100));
        client_writes(&p, str_of(text + 100, 1));
        client_writes(&p, str_of(text + 101, 199));
        feed_from_client(&p, split);
        assert_int_equal(p.last, R_DONE);
        assert_int_equal(p.got.len, sizeof text);
        assert_memory_equal(p.got.bytes, text, sizeof text);
    }
    pair_close(&p);
}

/* More plain bytes than the room holds come out in several calls, all of them. */
static void test_large_messages_both_ways(void **state)
{
    struct fixture *f = *state;
    static char text[400000];
    struct iovec vectors[3] = {{text, 3}, {text + 3, 10}, {text + 13, sizeof text - 13}};
    struct pair p;
    size_t sealed;

    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)(i % 251);
    pair_open(&p, f, f->tls);
    handshake(&p, 1u << 16);
    client_writes(&p, str_of(text, sizeof text));
    feed_from_client(&p, LOOP_RECEIVE_BYTES);
    assert_int_equal(p.got.len, sizeof text);
    assert_memory_equal(p.got.bytes, text, sizeof text);
    /* Pieces are gathered up to one record, and a large one is taken from the front. */
    sealed = tls_stream_seal(p.stream, vectors, 3);
    assert_int_equal(sealed, TLS_RECORD_BYTES_MAX);
    assert_true(f->room->sealed.len < TLS_RECORD_BYTES_MAX + 100);
    while (sealed < sizeof text) {
        struct iovec rest = {text + sealed, sizeof text - sealed};
        sealed += tls_stream_seal(p.stream, &rest, 1);
        deliver(&p);
    }
    expect_client_reads(&p, str_of(text, sizeof text));
    pair_close(&p);
}

/* ---- tickets ---- */

static SSL_SESSION *newest_session;

/* Connect with the session that came last, and keep the one that comes. */
static bool resumes(struct fixture *f, struct tls *tls, int version)
{
    struct pair p;
    bool is_resumed;

    pair_open(&p, f, tls);
    SSL_set_min_proto_version(p.client.ssl, version);
    SSL_set_max_proto_version(p.client.ssl, version);
    if (newest_session != NULL) assert_int_equal(SSL_set_session(p.client.ssl, newest_session), 1);
    handshake(&p, 1u << 16);
    expect_conversation(&p);
    is_resumed = tls_stream_is_resumed(p.stream);
    assert_int_equal(SSL_session_reused(p.client.ssl), is_resumed);
    SSL_SESSION_free(newest_session);
    newest_session = SSL_get1_session(p.client.ssl);
    if (!is_resumed)
        assert_int_equal(SSL_SESSION_get_ticket_lifetime_hint(newest_session), TLS_SESSION_SEC_MAX);
    pair_close(&p);
    return is_resumed;
}

static void forget_session(void)
{
    SSL_SESSION_free(newest_session);
    newest_session = NULL;
}

static void test_tickets(void **state)
{
    struct fixture *f = *state;
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct tls_files files = tls_testing_files(&f->rsa);

    for (size_t i = 0; i < 2; i++) {
        struct tls *renewed = tls_renew(f->tls);
        struct tls *again = tls_renew(renewed);
        struct tls *reloaded = tls_testing_load(&files, 1, f->tls);
        struct tls *stranger = tls_testing_load(&files, 1, NULL);
        assert_false(resumes(f, f->tls, versions[i]));
        assert_true(resumes(f, f->tls, versions[i]));
        assert_true(resumes(f, renewed, versions[i])); /* by the key before; gets a new ticket */
        assert_true(resumes(f, again, versions[i]));
        forget_session();
        assert_false(resumes(f, f->tls, versions[i]));
        assert_false(resumes(f, again, versions[i])); /* two keys later */
        forget_session();
        assert_false(resumes(f, f->tls, versions[i]));
        assert_true(resumes(f, reloaded, versions[i])); /* other certificates, same sessions */
        assert_false(resumes(f, stranger, versions[i]));
        forget_session();
        tls_unref(renewed);
        tls_unref(again);
        tls_unref(reloaded);
        tls_unref(stranger);
    }
}

/* ---- ends ---- */

static void test_close_notify_from_either_side(void **state)
{
    struct fixture *f = *state;
    struct pair p;

    pair_open(&p, f, f->tls);
    handshake(&p, 1u << 16);
    client_writes(&p, STR("last words"));
    (void)SSL_shutdown(p.client.ssl);
    feed_from_client(&p, 1u << 16);
    assert_int_equal(p.last, R_CLOSED);
    assert_memory_equal(p.got.bytes, "last words", 10);
    seal(&p, STR("still an answer")); /* half closed */
    expect_client_reads(&p, STR("still an answer"));
    tls_stream_end(p.stream);
    tls_stream_end(p.stream);
    deliver(&p);
    assert_int_equal(SSL_shutdown(p.client.ssl), 1); /* ours has come, too */
    pair_close(&p);
}

static void test_an_end_in_the_handshake_says_nothing(void **state)
{
    struct fixture *f = *state;
    struct pair p;

    pair_open(&p, f, f->tls);
    (void)SSL_do_handshake(p.client.ssl);
    feed_from_client(&p, 1u << 16);
    deliver(&p);
    tls_stream_end(p.stream);
    assert_int_equal(f->room->sealed.len, 0);
    pair_close(&p);
}

/* ---- peers that break the rules ---- */

static void test_what_is_no_tls(void **state)
{
    static const char zeros[100];
    struct fixture *f = *state;
    static const struct str inputs[] = {
        STR("\x16\x03\x01\xFF\xFF rubbish"), STR("\0\0\0\0\0\0\0\0\0\0\0\0"),
        STR("\x80\x2e\x01\x03\x01"),         STR("\x15\x03\x03\x00\x02\x02\x28"),
        STR("\x17\x03\x03\x00\x01x"),
    };

    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        struct pair p;
        pair_open(&p, f, f->tls);
        feed(&p, inputs[i]);
        if (p.last == R_DONE) feed(&p, str_of(zeros, sizeof zeros));
        assert_int_equal(p.last, R_INVALID);
        assert_true(strlen(tls_stream_reason(p.stream)) > 0);
        assert_true(p.stream->is_ended);
        buf_clear(&f->room->sealed);
        pair_close(&p);
    }
}

static void test_a_record_that_was_changed(void **state)
{
    struct fixture *f = *state;
    char bytes[200];
    struct str out;
    struct pair p;

    pair_open(&p, f, f->tls);
    handshake(&p, 1u << 16);
    client_writes(&p, STR("good"));
    client_writes(&p, STR("bad"));
    out = tls_testing_client_out(&p.client);
    assert_true(out.len < sizeof bytes);
    memcpy(bytes, out.at, out.len);
    bytes[out.len - 1] ^= 1;
    feed(&p, str_of(bytes, out.len));
    assert_int_equal(p.last, R_INVALID);
    assert_int_equal(p.got.len, 4); /* what came before it was good */
    assert_true(f->room->sealed.len > 0);
    deliver(&p);
    assert_true(SSL_read(p.client.ssl, bytes, 1) < 1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_SSLV3_ALERT_BAD_RECORD_MAC);
    pair_close(&p);
}

/* TLS 1.2 would let a client ask for a handshake as often as it likes. */
static void test_renegotiation_is_refused(void **state)
{
    struct fixture *f = *state;
    struct pair p;

    pair_open(&p, f, f->tls);
    SSL_set_max_proto_version(p.client.ssl, TLS1_2_VERSION);
    handshake(&p, 1u << 16);
    assert_int_equal(SSL_renegotiate(p.client.ssl), 1);
    (void)SSL_do_handshake(p.client.ssl);
    feed_from_client(&p, 1u << 16);
    assert_true(p.last == R_DONE || p.last == R_INVALID);
    assert_true(f->room->sealed.len > 0 && f->room->sealed.len < 100); /* an alert, no handshake */
    buf_clear(&f->room->sealed);
    pair_close(&p);
}

static void update_keys(struct pair *p, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(SSL_key_update(p->client.ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        (void)SSL_do_handshake(p->client.ssl);
    }
    feed_from_client(p, 1u << 16);
}

/* Each one costs a few derivations and an answer, for 27 bytes. */
static void test_rekeys_max(void **state)
{
    struct fixture *f = *state;
    struct pair p;

    pair_open(&p, f, f->tls);
    handshake(&p, 1u << 16);
    update_keys(&p, 1);
    expect_conversation(&p);
    update_keys(&p, TLS_REKEYS_MAX - 1);
    assert_int_equal(p.last, R_DONE);
    expect_conversation(&p);
    update_keys(&p, 1);
    assert_int_equal(p.last, R_INVALID);
    assert_true(p.stream->is_ended);
    assert_string_equal(tls_stream_reason(p.stream), "the peer asks for new keys all the time");
    buf_clear(&f->room->sealed);
    pair_close(&p);
}

/* ---- what is owed ---- */

static void test_owed_bytes_max(void **state)
{
    static char bytes[TLS_OWED_BYTES_MAX];
    struct fixture *f = *state;
    struct pair p;

    pair_open(&p, f, f->tls);
    assert_int_equal(tls_stream_keep(p.stream, STR_NONE, 1), R_OK);
    assert_int_equal(tls_stream_owed(p.stream).len, 0);
    assert_int_equal(tls_stream_keep(p.stream, STR("abc"), 1), R_OK);
    tls_stream_take(p.stream, 1, 2);
    assert_int_equal(p.stream->progress_ms, 2);
    assert_int_equal(tls_stream_keep(p.stream, STR("def"), 3), R_OK);
    assert_int_equal(p.stream->progress_ms, 2); /* the kernel took nothing since */
    assert_true(str_equals(tls_stream_owed(p.stream), STR("bcdef")));
    assert_int_equal(tls_stream_keep(p.stream, str_of(bytes, TLS_OWED_BYTES_MAX - 4), 3), R_FULL);
    assert_int_equal(tls_stream_keep(p.stream, str_of(bytes, TLS_OWED_BYTES_MAX - 5), 3), R_OK);
    assert_int_equal(tls_stream_owed(p.stream).len, TLS_OWED_BYTES_MAX);
    tls_stream_take(p.stream, TLS_OWED_BYTES_MAX, 4);
    assert_null(p.stream->owed);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_and_kinds_of_keys),
        cmocka_unit_test(test_tls_1_1_is_refused),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_every_split_of_a_handshake),
        cmocka_unit_test(test_every_split_of_records),
        cmocka_unit_test(test_large_messages_both_ways),
        cmocka_unit_test(test_tickets),
        cmocka_unit_test(test_close_notify_from_either_side),
        cmocka_unit_test(test_an_end_in_the_handshake_says_nothing),
        cmocka_unit_test(test_what_is_no_tls),
        cmocka_unit_test(test_a_record_that_was_changed),
        cmocka_unit_test(test_renegotiation_is_refused),
        cmocka_unit_test(test_rekeys_max),
        cmocka_unit_test(test_owed_bytes_max),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
