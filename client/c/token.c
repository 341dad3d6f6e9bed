// SPDX-License-Identifier: Apache-2.0
/* token.c — another access token in place of one that the server refuses: from the refresh token,
 * else from the callback. What neither can renew is signed out. */
#include <stdlib.h>
#include <string.h>

#include "client.h"

static bool token_is_valid(const char *token)
{
    size_t len = strlen(token);

    if (len == 0 || len > ACCESS_TOKEN_BYTES_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)token[i] <= ' ' || (unsigned char)token[i] >= 0x7F) return false;
    }
    return true;
}

static void replace(char **at, char *token)
{
    if (*at != NULL) sodium_memzero(*at, strlen(*at));
    free(*at);
    *at = token;
}

static enum carillon_result take(struct carillon_client *c, const char *token)
{
    char *copy;

    if (!token_is_valid(token)) return CARILLON_INVALID;
    copy = strdup(token);
    if (copy == NULL) return CARILLON_NO_MEMORY;
    replace(&c->token, copy);
    c->token_number++;
    return CARILLON_OK;
}

static enum carillon_result ask_callback(struct carillon_client *c)
{
    char token[ACCESS_TOKEN_BYTES_MAX + 1] = "";
    enum carillon_result result = c->options.get_token(c->options.arg, token, sizeof token);

    if (result == CARILLON_OK) result = take(c, token);
    sodium_memzero(token, sizeof token);
    return result;
}

static void refuse(struct carillon_client *c)
{
    c->is_token_refused = true;
}

static void on_refreshed(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
{
    const char *token = json_string_value(json_object_get(reply->body, "access_token"));
    const char *refresh = json_string_value(json_object_get(reply->body, "refresh_token"));
    char *copy = refresh == NULL ? NULL : strdup(refresh);

    (void)arg;
    c->is_renewing = false;
    if (reply->result == CARILLON_OK && token != NULL && copy != NULL &&
        take(c, token) == CARILLON_OK) {
        replace(&c->refresh_token, copy);
        if (c->options.on_tokens != NULL)
            c->options.on_tokens(c, c->token, c->refresh_token, c->options.arg);
        return;
    }
    free(copy);
    /* Refused is final. Else the old token stays, and what needs it finds out once more. */
    if (reply->result == CARILLON_REFUSED && reply->status < 429) refuse(c);
}

void token_renew(struct carillon_client *c)
{
    struct request_options options = {
        .method = "POST",
        .path = "/auth/refresh",
        /* The server answers the same successor for a while when an answer got lost. */
        .flags = REQUEST_INTERNAL | REQUEST_ANONYMOUS | REQUEST_REPEATABLE,
        .on_reply = on_refreshed,
    };

    if (c->is_renewing || c->is_token_refused) return;
    if (c->refresh_token != NULL) {
        options.body = json_pack("{s:s}", "refresh_token", c->refresh_token);
        c->is_renewing = options.body != NULL && request_make(c, &options) == CARILLON_OK;
        return;
    }
    if (c->options.get_token == NULL) {
        refuse(c);
        return;
    }
    if (ask_callback(c) != CARILLON_OK) refuse(c);
}

enum carillon_result token_take_first(struct carillon_client *c)
{
    const struct carillon_options *o = &c->options;

    if (o->token != NULL) return take(c, o->token);
    if (o->get_token == NULL) return CARILLON_INVALID;
    return ask_callback(c);
}
