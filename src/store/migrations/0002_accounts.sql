-- Who may come in: tenants, their users, and what proves who somebody is. Secrets are kept as hashes
-- only: argon2id for passwords, BLAKE2b-256 for tokens and keys, which are 256 random bits.

CREATE TABLE tenant (
    tenant_id ID_TYPE PRIMARY KEY,
    name TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL
);

-- People, agents, and the users of a backend. `email` is as it was typed, `email_key` is what it is
-- compared by, in all tenants: a login names no tenant. `external_id` is the backend's own id.
CREATE TABLE user_account (
    user_id ID_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL REFERENCES tenant (tenant_id),
    email TEXT,
    email_key TEXT UNIQUE,
    external_id TEXT,
    display_name TEXT NOT NULL,
    password_hash TEXT,
    role TEXT NOT NULL,
    is_agent INTEGER NOT NULL,
    is_default_agent INTEGER NOT NULL,
    avatar_url TEXT,
    bio TEXT,
    timezone TEXT,
    language TEXT,
    job_title TEXT,
    job_role TEXT,
    created_at_ms BIGINT NOT NULL,
    disabled_at_ms BIGINT,
    last_seen_ms BIGINT,
    UNIQUE (tenant_id, external_id)
);
CREATE INDEX user_account_by_tenant ON user_account (tenant_id, is_agent, user_id);

-- One login: what the refresh tokens of one family have in common.
CREATE TABLE session (
    session_id ID_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL,
    user_id ID_TYPE NOT NULL REFERENCES user_account (user_id),
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_expiry ON session (expires_at_ms);

-- A spent token stays until it would have expired, so that its reuse is noticed. `successor_salt` and
-- the spent token together make its successor once more, see chat/sessions.h.
CREATE TABLE refresh_token (
    token_hash BYTES_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL,
    session_id ID_TYPE NOT NULL REFERENCES session (session_id) ON DELETE CASCADE,
    issued_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    spent_at_ms BIGINT,
    successor_salt BYTES_TYPE
) CLUSTERED;
CREATE INDEX refresh_token_by_session ON refresh_token (session_id);
CREATE INDEX refresh_token_by_expiry ON refresh_token (expires_at_ms);

-- `email_key` is set when only that address may use the invite.
CREATE TABLE invite (
    token_hash BYTES_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL REFERENCES tenant (tenant_id),
    email_key TEXT,
    role TEXT NOT NULL,
    created_by ID_TYPE NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_by ID_TYPE,
    used_at_ms BIGINT
) CLUSTERED;
CREATE INDEX invite_by_tenant ON invite (tenant_id);

-- `kind` is 'tenant' (a backend) or 'agent', which has a user_id.
CREATE TABLE api_key (
    key_id ID_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL REFERENCES tenant (tenant_id),
    key_hash BYTES_TYPE NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id ID_TYPE REFERENCES user_account (user_id),
    created_at_ms BIGINT NOT NULL,
    revoked_at_ms BIGINT
);
CREATE INDEX api_key_by_tenant ON api_key (tenant_id, key_id);
CREATE INDEX api_key_by_user ON api_key (user_id);
