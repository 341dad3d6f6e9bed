-- Conversations, who is in them, and what was said. Enums are stored as the integers of the C enums
-- with the same names (store/conversations.h, participants.h, messages.h).

-- direct_key is the sorted pair of user ids of a conversation of two, so that two people have one.
CREATE TABLE conversation (
    conversation_id ID_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL,
    type INTEGER NOT NULL,
    name TEXT,
    description TEXT,
    created_by ID_TYPE NOT NULL,
    direct_key BYTES_TYPE,
    seq_counter BIGINT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    last_activity_ms BIGINT NOT NULL
) CLUSTERED;

CREATE UNIQUE INDEX conversation_by_direct_key ON conversation (tenant_id, direct_key)
    WHERE direct_key IS NOT NULL;

CREATE TABLE participant (
    conversation_id ID_TYPE NOT NULL REFERENCES conversation (conversation_id),
    user_id ID_TYPE NOT NULL REFERENCES user_account (user_id),
    tenant_id ID_TYPE NOT NULL,
    role INTEGER NOT NULL,
    joined_at_ms BIGINT NOT NULL,
    last_read_seq BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
) CLUSTERED;

CREATE INDEX participant_by_user ON participant (user_id, tenant_id, conversation_id);

-- The rows of a conversation lie side by side in the order of seq_num: a page of history is one range.
-- What is counted and filtered stands before the texts, because a long text continues on other pages
-- of the database and whatever follows it can be read only through them. Sending is the hot path, so
-- there is no foreign key here: its rule has looked the participant up already.
CREATE TABLE message (
    conversation_id ID_TYPE NOT NULL,
    seq_num BIGINT NOT NULL,
    message_id ID_TYPE NOT NULL,
    tenant_id ID_TYPE NOT NULL,
    sender_id ID_TYPE NOT NULL,
    sender_type INTEGER NOT NULL,
    content_type INTEGER NOT NULL,
    thread_role INTEGER NOT NULL,
    is_internal INTEGER NOT NULL,
    is_forwarded INTEGER NOT NULL,
    created_at_ms BIGINT NOT NULL,
    deleted_at_ms BIGINT,
    edit_count INTEGER NOT NULL,
    edited_at_ms BIGINT,
    reply_to_id ID_TYPE,
    thread_id ID_TYPE,
    task_id ID_TYPE,
    client_msg_id TEXT,
    client_msg_digest BYTES_TYPE,
    content_text TEXT NOT NULL,
    content_meta TEXT,
    PRIMARY KEY (conversation_id, seq_num)
) CLUSTERED;

CREATE UNIQUE INDEX message_by_id ON message (message_id);

-- Costs nothing for a message without a client_msg_id.
CREATE UNIQUE INDEX message_by_client_msg_id ON message (conversation_id, sender_id, client_msg_id)
    WHERE client_msg_id IS NOT NULL;
