// SPDX-License-Identifier: Apache-2.0
/* token.c — the first access token, and another one in place of one that the server refuses: from
 * the refresh token, else from the callback. What neither can renew is signed out. */
#include <stdio.h>
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

static void refuse(struct carillon_client *c, const char *why)
{
    c->is_token_refused = true;
    snprintf(c->refusal, sizeof c->refusal, "%s", why == NULL ? "" : why);
}

/* Of a login or a refresh: the same pair comes of both. */
static void on_pair(struct carillon_client *c, const struct carillon_reply *reply, void *arg)
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
    /* Refused is final, and so is a login that failed: the password is not kept for another try.
     * Else the old token stays, and what needs it finds out once more. */
    if (c->token == NULL || (reply->result == CARILLON_REFUSED && reply->status < 429))
        refuse(c, reply->error);
}

/* Takes the reference of `body`. */
static enum carillon_result ask_pair(struct carillon_client *c, const char *path, json_t *body)
{
    const struct request_options options = {
        .method = "POST",
        .path = path,
        .body = body,
        /* The server answers the same successor for a while when an answer got lost. */
        .flags = REQUEST_INTERNAL | REQUEST_ANONYMOUS | REQUEST_REPEATABLE,
        .on_reply = on_pair,
    };
    enum carillon_result result = body == NULL ? CARILLON_NO_MEMORY : request_make(c, &options);

    c->is_renewing = result == CARILLON_OK;
    return result;
}

void token_renew(struct carillon_client *c)
{
    if (c->is_renewing || c->is_token_refused) return;
    if (c->refresh_token != NULL) {
        (void)ask_pair(c, "/auth/refresh", json_pack("{s:s}", "refresh_token", c->refresh_token));
        return;
    }
    if (c->options.get_token == NULL || ask_callback(c) != CARILLON_OK) refuse(c, NULL);
}

enum carillon_result token_take_first(struct carillon_client *c,
                                      const struct carillon_options *options)
{
    if (options->token != NULL) return take(c, options->token);
    if (options->get_token != NULL) return ask_callback(c);
    if (options->email == NULL || options->password == NULL) return CARILLON_INVALID;
    if (!str_is_utf8(str_from(options->email)) || !str_is_utf8(str_from(options->password)))
        return CARILLON_INVALID;
    return ask_pair(
        c, "/auth/login",
        json_pack("{s:s, s:s}", "email", options->email, "password", options->password));
}
