-- What the store itself needs: facts about this database, the log of durable events, and revocations.
-- Some words in upper case are not SQL: the driver replaces them, see store/dialect.h.

-- `epoch` names this history. A restored backup gets a new one, so that no client resumes across it.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) CLUSTERED;

-- In the order of commit. Old rows may be deleted, but never the newest one: the next cursor follows
-- from it, and a cursor that was used twice would make a client miss events without knowing.
CREATE TABLE event (
    cursor SERIAL_KEY,
    tenant_id ID_TYPE NOT NULL,
    channel_kind INTEGER NOT NULL,
    channel_id ID_TYPE NOT NULL,
    conversation_id ID_TYPE,
    author_id ID_TYPE,
    type TEXT NOT NULL,
    flags INTEGER NOT NULL,
    payload TEXT NOT NULL,
    at_ms BIGINT NOT NULL
);

-- One of session_id and user_id is set. The newest row stays here too.
CREATE TABLE revocation (
    revocation_id SERIAL_KEY,
    session_id ID_TYPE,
    user_id ID_TYPE,
    at_ms BIGINT NOT NULL
);
