// SPDX-License-Identifier: Apache-2.0
/* config_option.c — the table, and one parser per type.
 * Defaults go through the same parsers as what an operator writes, so a wrong one cannot hide. */
#include "server/config_option.h"

#include <arpa/inet.h>
#include <stdalign.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "limits.h"

#define DAY_SEC UINT64_C(86400)

static uint64_t cores_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (count < 1) return 1;
    return (uint64_t)count > WORKERS_MAX ? WORKERS_MAX : (uint64_t)count;
}

/* What the limit of open files leaves for clients, and at least half of it when it is tiny. */
static uint64_t connections_that_fit(void)
{
    struct rlimit files;
    uint64_t count;

    CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
    if (files.rlim_cur == RLIM_INFINITY) return CONNECTIONS_MAX;
    count = files.rlim_cur > 2 * CONFIG_FDS_RESERVED ? files.rlim_cur - CONFIG_FDS_RESERVED
                                                     : files.rlim_cur / 2;
    if (count < 1) return 1;
    return count > CONNECTIONS_MAX ? CONNECTIONS_MAX : count;
}

static uint64_t half_of_them(void)
{
    return (connections_that_fit() + 1) / 2;
}

static const char *const signup_names[] = {"open", "invite", "closed", NULL};
static const char *const switch_names[] = {"off", "on", NULL};
static const char *const log_level_names[] = {"debug", "info", "warn", "error", NULL};

#define MEMBER(member) .name = #member, .offset = offsetof(struct config, member)
#define RANGE(from, to, of) \
    .type = CONFIG_NUMBER, .number = {(from), (to), (of)}, .placeholder = "N"

const struct config_option config_options[] = {
    {MEMBER(listen), .type = CONFIG_ADDRESS, .is_fixed = true, .default_text = "127.0.0.1:8080",
     .placeholder = "ADDR:PORT", .help = "Where to accept connections; port 0 takes any free one."},
    {MEMBER(data), .type = CONFIG_PATH, .is_fixed = true, .default_text = "./data",
     .placeholder = "DIR",
     .help = "The directory of the database and the keys; made when it is missing."},
    {MEMBER(config), .type = CONFIG_PATH, .is_fixed = true, .placeholder = "FILE",
     .help = "Read options from this file too: lines of `name = value`, comments after # or ;."},
    {MEMBER(public_url), .type = CONFIG_ORIGIN, .placeholder = "URL",
     .help = "How clients reach this server, such as https://chat.example.com. Without it the Host "
             "of each request is believed."},
    {MEMBER(allowed_origins), .type = CONFIG_ORIGINS, .placeholder = "URL,...",
     .help = "Web pages of these origins may connect, besides those of the server's own."},
    {MEMBER(trusted_proxies), .type = CONFIG_NETWORKS, .placeholder = "ADDR[/BITS],...",
     .help = "Proxies whose X-Forwarded-For and Forwarded say who a client is; nobody else's do."},
    {MEMBER(tls_cert), .type = CONFIG_PATHS, .number.max = TLS_CERTIFICATES_MAX,
     .placeholder = "FILE,...",
     .help =
         "Speak TLS with this certificate, in PEM, its chain behind it. Several are of different "
         "kinds: ECDSA, RSA."},
    {MEMBER(tls_key), .type = CONFIG_PATHS, .number.max = TLS_CERTIFICATES_MAX,
     .placeholder = "FILE,...", .help = "The private key of each, in PEM, in the same order."},
    {MEMBER(signup), .type = CONFIG_CHOICE, .default_text = "open", .choices = signup_names,
     .placeholder = "WHO",
     .help = "Who may make an account: anybody, whoever has an invitation, or nobody."},
    {MEMBER(log_level), .type = CONFIG_CHOICE, .default_text = "info", .choices = log_level_names,
     .placeholder = "LEVEL", .help = "The least important lines that are logged."},
    {MEMBER(core_dumps), .type = CONFIG_CHOICE, .is_fixed = true, .default_text = "off",
     .choices = switch_names, .placeholder = "WHETHER",
     .help = "Let the kernel write core dumps, which have keys and messages in them, and debuggers "
             "attach: to find a fault, and no longer."},
    {MEMBER(workers), RANGE(1, WORKERS_MAX, ""), .is_fixed = true, .default_number = cores_count,
     .default_words = "number of cores", .help = "Threads that serve connections."},
    {MEMBER(readers), RANGE(1, READERS_MAX, ""), .is_fixed = true, .default_text = "2",
     .help = "Threads that run queries."},
    {MEMBER(connections_max), RANGE(1, CONNECTIONS_MAX, ""), .default_number = connections_that_fit,
     .default_words = "what the limit of open files allows",
     .help = "Connections at the same time; further ones are turned away."},
    {MEMBER(connections_per_address_max), RANGE(0, CONNECTIONS_MAX, ""), .default_text = "0",
     .help = "Connections from one address (of IPv6: a /64) at the same time; 0: as many as there "
             "may be."},
    {MEMBER(unauthenticated_max), RANGE(1, CONNECTIONS_MAX, ""), .default_number = half_of_them,
     .default_words = "half of what the limit of open files allows",
     .help = "Connections that wait for somebody who has not shown who they are; past it the one "
             "that has waited longest is closed."},
    {MEMBER(sockets_per_user_max), RANGE(0, SOCKETS_PER_USER_MAX, ""), .default_text = "256",
     .help = "WebSockets of one user at the same time; 0: as many as there may be."},
    {MEMBER(access_token_ttl_sec), RANGE(1, DAY_SEC, "seconds"), .default_text = "900",
     .help = "How long an access token is good for."},
    {MEMBER(refresh_token_ttl_sec), RANGE(1, 366 * DAY_SEC, "seconds"), .default_text = "2592000",
     .help = "How long a login lasts without being used."},
    {MEMBER(messaging_token_ttl_sec), RANGE(1, 600, "seconds"), .default_text = "60",
     .help = "How long a token for opening a WebSocket is good for."},
    {MEMBER(ping_interval_sec), RANGE(1, 3600, "seconds"), .default_text = "25",
     .help = "How often a silent WebSocket is pinged."},
    {MEMBER(idle_timeout_sec), RANGE(1, 3600, "seconds"), .default_text = "75",
     .help = "How long an HTTP connection may stay open between requests."},
    {MEMBER(stream_silence_sec), RANGE(1, STREAM_SILENCE_MS_MAX / 1000, "seconds"),
     .default_text = "300", .help = "How long an agent that streams may say nothing."},
    {MEMBER(task_silence_sec), RANGE(1, TASK_SILENCE_SEC_MAX, "seconds"), .default_text = "600",
     .help = "How long an agent may say nothing of a running task that it does not stream to."},
    {MEMBER(livekit_url), .type = CONFIG_WS_URL, .placeholder = "URL",
     .help = "The LiveKit server that carries calls, as clients reach it, such as "
             "wss://livekit.example.com. Without it there are no calls."},
    {MEMBER(livekit_api_key), .type = CONFIG_WORD, .placeholder = "KEY",
     .help = "The API key of that server."},
    {MEMBER(livekit_api_secret), .type = CONFIG_SECRET, .placeholder = "SECRET",
     .help = "The secret of that key. Others on this machine can see flags: better set it in the "
             "environment or in the file."},
    {MEMBER(call_ring_sec), RANGE(1, CALL_RING_SEC_MAX, "seconds"), .default_text = "45",
     .help = "How long a call rings before it ends unanswered."},
    {MEMBER(oidc_issuer), .type = CONFIG_WORD, .is_fixed = true, .placeholder = "URL",
     .help = "An OIDC issuer whose tokens let its users in, such as https://login.example.com. "
             "Without it there is none."},
    {MEMBER(oidc_audience), .type = CONFIG_WORD, .is_fixed = true, .placeholder = "AUDIENCE",
     .help = "Which of that issuer's tokens are for this server: what their aud must have."},
    {MEMBER(oidc_tenant), .type = CONFIG_WORD, .is_fixed = true, .placeholder = "ID",
     .help = "The id of the tenant whose users they become."},
    {MEMBER(oidc_refetch_sec), RANGE(1, FOREIGN_REFETCH_SEC_MAX, "seconds"), .is_fixed = true,
     .default_text = "60",
     .help = "How long the issuer is left alone after a look at its keys; 60 times that long they "
             "are believed without another."},
    {MEMBER(drain_timeout_sec), RANGE(0, 600, "seconds"), .default_text = "10",
     .help = "How long a stopping server may take."},
    {MEMBER(event_log_days), RANGE(0, 3650, "days"), .default_text = "7",
     .help = "How long the event log has everything, for clients that resume."},
    {MEMBER(event_log_events_min), RANGE(1, RETENTION_EVENTS_MIN_MAX, ""), .default_text = "10000",
     .help = "Newest events of each conversation and user that stay longer than that."},
    {MEMBER(event_log_events_max), RANGE(1, RETENTION_EVENTS_TOTAL_MAX, ""),
     .default_text = "100000000",
     .help = "Newest events of the server that stay so long; further ones go before their time."},
    {MEMBER(rate_read_per_min), RANGE(0, RATE_PER_MIN_MAX, ""), .default_text = "300000",
     .help = "Requests that look something up, of one user in a minute. 0: as many as they like."},
    {MEMBER(rate_write_per_min), RANGE(0, RATE_PER_MIN_MAX, ""), .default_text = "150000",
     .help = "Requests that change something other than by a message, of one user in a minute."},
    {MEMBER(rate_send_per_min), RANGE(0, RATE_PER_MIN_MAX, ""), .default_text = "150000",
     .help = "Requests that send or forward messages, of one user in a minute."},
    {MEMBER(rate_search_per_min), RANGE(0, RATE_PER_MIN_MAX, ""), .default_text = "30000",
     .help = "Searches of one user in a minute."},
    {MEMBER(rate_auth_per_min), RANGE(0, RATE_PER_MIN_MAX, ""), .default_text = "60000",
     .help = "Signups, logins and refreshes from one address in a minute, and messaging tokens for "
             "one user."},
    {MEMBER(rate_key_per_min), RANGE(0, RATE_PER_MIN_MAX, ""), .default_text = "300000",
     .help = "Requests with one tenant key in a minute."},
    {MEMBER(rate_agent_times), RANGE(1, RATE_AGENT_TIMES_MAX, ""), .default_text = "4",
     .help = "How many times as much as a person an agent may do in a minute."},
    {MEMBER(password_memory_kib), RANGE(8, 1u << 20, "KiB"), .is_fixed = true,
     .default_text = "19456", .help = "Memory to hash one password. Below 8192 is for tests only."},
    {MEMBER(password_threads), RANGE(1, PASSWORD_THREADS_MAX, ""), .is_fixed = true,
     .default_text = "1", .help = "Threads that hash passwords."},
};
const size_t config_options_count = sizeof config_options / sizeof config_options[0];

static_assert(sizeof config_options / sizeof config_options[0] <= CONFIG_OPTIONS_MAX,
              "a layer has room for every option");
static_assert(sizeof(enum config_signup) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum config_switch) == sizeof(unsigned), "a choice is stored as unsigned");
static_assert(sizeof(enum log_level) == sizeof(unsigned), "a choice is stored as unsigned");

const struct config_option *config_option_find(struct str name)
{
    for (size_t i = 0; i < config_options_count; i++) {
        if (str_equals(name, str_from(config_options[i].name))) return &config_options[i];
    }
    return NULL;
}

/* ---- parsers: false means that the value is not one of the type, and nothing was written ---- */

/* 127.0.0.1:8080 or [::1]:8080. Names are not resolved: which of its addresses would it be? */
static bool parse_address(struct str text, struct config_address *out)
{
    struct config_address address = {0};
    struct in6_addr ignored;
    struct str host;
    uint64_t port;
    size_t colon = text.len;

    while (colon > 0 && text.at[colon - 1] != ':') colon--;
    if (colon == 0) return false;
    if (!str_to_u64(str_slice(text, colon, SIZE_MAX), &port) || port > UINT16_MAX) return false;
    host = str_slice(text, 0, colon - 1);
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']') {
        host = str_slice(host, 1, host.len - 2);
        address.is_ipv6 = true;
    }
    if (host.len == 0 || host.len >= sizeof address.host) return false;
    memcpy(address.host, host.at, host.len);
    if (inet_pton(address.is_ipv6 ? AF_INET6 : AF_INET, address.host, &ignored) != 1) return false;
    address.port = (uint16_t)port;
    *out = address;
    return true;
}

/* As browsers send it: http or https, a host, perhaps a port; lower case, no path, no user. */
static bool is_origin(struct str text)
{
    static const struct str schemes[] = {STR("http://"), STR("https://")};
    struct str rest = STR_NONE;
    size_t host_len;
    uint64_t port;

    for (size_t i = 0; i < 2; i++) {
        if (str_starts_with(text, schemes[i])) rest = str_slice(text, schemes[i].len, SIZE_MAX);
    }
    if (rest.len == 0) return false;
    host_len = rest.at[0] == '[' ? str_find(rest, ']') + 1 : str_find(rest, ':');
    if (host_len == 0 || host_len > rest.len) return false;
    for (size_t i = 0; i < host_len; i++) {
        char c = rest.at[i];
        bool is_name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!is_name && !(rest.at[0] == '[' && (c == '[' || c == ']' || c == ':'))) return false;
    }
    if (host_len == rest.len) return true;
    return rest.at[host_len] == ':' && str_to_u64(str_slice(rest, host_len + 1, SIZE_MAX), &port) &&
           port >= 1 && port <= UINT16_MAX;
}

static bool is_path(struct str text)
{
    return text.len > 0;
}

static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '!' || text.at[i] > '~') return false;
    }
    return text.len <= CONFIG_WORD_BYTES_MAX;
}

/* Clients get it as it is; they know what they can connect to. */
static bool is_ws_url(struct str text)
{
    size_t scheme_len = str_starts_with(text, STR("wss://"))  ? 6
                        : str_starts_with(text, STR("ws://")) ? 5
                                                              : 0;
    return scheme_len > 0 && text.len > scheme_len && text.at[scheme_len] != '/' && is_word(text);
}

/* The items of a comma-separated text, behind those that are there when `is_more`. */
static bool parse_list(struct arena *arena, struct str text, bool is_more,
                       bool (*is_item)(struct str), uint64_t items_max, struct config_list *list)
{
    struct str *items = ARENA_ARRAY(arena, struct str, CONFIG_LIST_ITEMS_MAX);
    size_t count = is_more ? list->count : 0;

    if (count > 0) memcpy(items, list->items, count * sizeof *items);
    while (text.len > 0) {
        size_t comma = str_find(text, ',');
        struct str item = str_trim(str_slice(text, 0, comma));
        if (!is_item(item) || count >= items_max) return false;
        items[count++] = arena_copy(arena, item);
        if (comma + 1 == text.len) return false; /* a comma at the end: something is missing */
        text = str_slice(text, comma + 1, SIZE_MAX);
    }
    *list = (struct config_list){items, count};
    return true;
}

static bool parse_networks(struct arena *arena, struct str text, bool is_more,
                           struct config_networks *list)
{
    struct network *items = ARENA_ARRAY(arena, struct network, CONFIG_LIST_ITEMS_MAX);
    size_t count = is_more ? list->count : 0;

    if (count > 0) memcpy(items, list->items, count * sizeof *items);
    while (text.len > 0) {
        size_t comma = str_find(text, ',');
        if (count >= CONFIG_LIST_ITEMS_MAX || comma + 1 == text.len ||
            !network_parse(str_trim(str_slice(text, 0, comma)), &items[count++]))
            return false;
        text = str_slice(text, comma + 1, SIZE_MAX);
    }
    *list = (struct config_networks){items, count};
    return true;
}

static bool parse_number(const struct config_option *option, struct str text, uint64_t *out)
{
    uint64_t number;

    if (!str_to_u64(text, &number)) return false;
    if (number < option->number.min || number > option->number.max) return false;
    *out = number;
    return true;
}

static bool parse_choice(const struct config_option *option, struct str text, void *out)
{
    for (unsigned i = 0; option->choices[i] != NULL; i++) {
        if (!str_equals(text, str_from(option->choices[i]))) continue;
        memcpy(out, &i, sizeof i);
        return true;
    }
    return false;
}

static void store_text(struct config *config, struct str text, struct str *out)
{
    *out = text.len == 0 ? STR_NONE : arena_copy(&config->arena, text);
}

static bool parse(struct config *config, const struct config_option *option, struct str text,
                  bool is_more)
{
    void *member = (char *)config + option->offset;

    switch (option->type) {
    case CONFIG_ADDRESS: return parse_address(text, member);
    case CONFIG_NUMBER: return parse_number(option, text, member);
    case CONFIG_CHOICE: return parse_choice(option, text, member);
    case CONFIG_ORIGINS:
        return parse_list(&config->arena, text, is_more, is_origin, CONFIG_LIST_ITEMS_MAX, member);
    case CONFIG_PATHS:
        return parse_list(&config->arena, text, is_more, is_path, option->number.max, member);
    case CONFIG_NETWORKS: return parse_networks(&config->arena, text, is_more, member);
    case CONFIG_ORIGIN:
        if (text.len > 0 && !is_origin(text)) return false;
        break;
    case CONFIG_WS_URL:
        if (text.len > 0 && !is_ws_url(text)) return false;
        break;
    case CONFIG_WORD:
    case CONFIG_SECRET:
        if (!is_word(text)) return false;
        break;
    case CONFIG_PATH:
        if (text.len == 0) return false;
        break;
    }
    store_text(config, text, member);
    return true;
}

/* ---- layers ---- */

void config_layer_init(struct config_layer *layer, struct config *config)
{
    *layer = (struct config_layer){.config = config};
}

static bool is_list(const struct config_option *option)
{
    return option->type == CONFIG_ORIGINS || option->type == CONFIG_NETWORKS ||
           option->type == CONFIG_PATHS;
}

enum result config_layer_set(struct config_layer *layer, const struct config_option *option,
                             struct str value, const char *where, struct fault *fault)
{
    size_t index = (size_t)(option - config_options);
    bool is_again;
    char expected[160];

    CHECK(index < config_options_count);
    is_again = layer->is_set[index];
    layer->is_set[index] = true;
    if (is_again && !is_list(option))
        return fault_set(fault, R_INVALID, 0, "%s is given twice", where);
    if (parse(layer->config, option, value, is_again)) return R_OK;
    config_option_expected(option, expected, sizeof expected);
    if (option->type == CONFIG_SECRET)
        return fault_set(fault, R_INVALID, 0, "%s must be %s", where, expected);
    return fault_set(fault, R_INVALID, 0, "%s must be %s, not \"%.40s\"", where, expected,
                     value.len == 0 ? "" : arena_copy(&layer->config->arena, value).at);
}

void config_set_defaults(struct config *config)
{
    for (size_t i = 0; i < config_options_count; i++) {
        const struct config_option *option = &config_options[i];
        if (option->default_number != NULL) {
            uint64_t number = option->default_number();
            CHECK(number >= option->number.min && number <= option->number.max);
            memcpy((char *)config + option->offset, &number, sizeof number);
        } else if (option->default_text != NULL) {
            CHECK(parse(config, option, str_from(option->default_text), false));
        }
    }
}

static void expected_choice(const struct config_option *option, char *out, size_t out_bytes)
{
    size_t len = 0;

    for (size_t i = 0; option->choices[i] != NULL && len < out_bytes; i++) {
        const char *between = i == 0 ? "" : option->choices[i + 1] == NULL ? " or " : ", ";
        len += (size_t)snprintf(out + len, out_bytes - len, "%s%s", between, option->choices[i]);
    }
}

void config_option_expected(const struct config_option *option, char *out, size_t out_bytes)
{
    switch (option->type) {
    case CONFIG_ADDRESS:
        snprintf(out, out_bytes, "a numeric address and a port, such as 127.0.0.1:8080 or [::1]:0");
        return;
    case CONFIG_PATH: snprintf(out, out_bytes, "a path"); return;
    case CONFIG_PATHS:
        snprintf(out, out_bytes, "at most %llu paths, separated by commas",
                 (unsigned long long)option->number.max);
        return;
    case CONFIG_ORIGIN:
        snprintf(out, out_bytes, "http:// or https://, a host in lower case, and no path");
        return;
    case CONFIG_WS_URL:
        snprintf(out, out_bytes, "ws:// or wss:// and a host, without spaces");
        return;
    case CONFIG_WORD:
    case CONFIG_SECRET:
        snprintf(out, out_bytes, "at most %u visible ASCII characters, without spaces",
                 CONFIG_WORD_BYTES_MAX);
        return;
    case CONFIG_ORIGINS:
        snprintf(out, out_bytes, "at most %u of http(s)://host[:port], separated by commas",
                 CONFIG_LIST_ITEMS_MAX);
        return;
    case CONFIG_NETWORKS:
        snprintf(out, out_bytes,
                 "at most %u of addresses or networks such as 10.0.0.0/8, separated by commas",
                 CONFIG_LIST_ITEMS_MAX);
        return;
    case CONFIG_NUMBER:
        snprintf(out, out_bytes, "a whole number%s%s from %llu to %llu",
                 option->number.unit[0] == '\0' ? "" : " of ", option->number.unit,
                 (unsigned long long)option->number.min, (unsigned long long)option->number.max);
        return;
    case CONFIG_CHOICE: expected_choice(option, out, out_bytes); return;
    }
}
