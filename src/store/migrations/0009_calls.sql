-- Calls. Enums are stored as the integers of the C enums (store/calls.h, store/call_parties.h); a
-- time that has not come yet is 0. due_at_ms says when the server ends a live call by itself, so
-- that a restart forgets no deadline.
CREATE TABLE call (
    call_id ID_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL,
    conversation_id ID_TYPE NOT NULL,
    initiator_id ID_TYPE NOT NULL,
    call_type INTEGER NOT NULL,
    state INTEGER NOT NULL,
    room_name TEXT NOT NULL,
    started_at_ms BIGINT NOT NULL,
    rings_until_ms BIGINT NOT NULL,
    answered_at_ms BIGINT NOT NULL,
    empty_at_ms BIGINT NOT NULL,
    due_at_ms BIGINT NOT NULL,
    ended_at_ms BIGINT NOT NULL
) CLUSTERED;

-- Of two callers at once one gets in, whatever the rules overlooked.
CREATE UNIQUE INDEX call_live ON call (conversation_id) WHERE state < 2;
CREATE INDEX call_due ON call (due_at_ms) WHERE state < 2;
CREATE UNIQUE INDEX call_by_room ON call (room_name);
CREATE INDEX call_by_conversation ON call (conversation_id, call_id);

-- Who rang, answered or declined.
CREATE TABLE call_party (
    call_id ID_TYPE NOT NULL,
    user_id ID_TYPE NOT NULL,
    stance INTEGER NOT NULL,
    PRIMARY KEY (call_id, user_id)
) CLUSTERED;

-- Connections to the room of a live call, by the id that LiveKit gives each. One that has gone stays
-- until the call ends, so that nothing that is reported late or twice brings it back.
CREATE TABLE call_connection (
    call_id ID_TYPE NOT NULL,
    sid TEXT NOT NULL,
    is_gone INTEGER NOT NULL,
    PRIMARY KEY (call_id, sid)
) CLUSTERED;
