-- What happens to messages after they were sent, how each participant wants to see a conversation,
-- and who does not want to hear from whom.

-- What a message said before an edit: version 0 is what was sent. The newest one is the message.
CREATE TABLE message_version (
    message_id ID_TYPE NOT NULL,
    version INTEGER NOT NULL,
    tenant_id ID_TYPE NOT NULL,
    written_at_ms BIGINT NOT NULL,
    content_text TEXT NOT NULL,
    content_meta TEXT,
    PRIMARY KEY (message_id, version)
) CLUSTERED;

-- In the order of the messages, so that the reactions of a page are one range.
CREATE TABLE reaction (
    conversation_id ID_TYPE NOT NULL,
    seq_num BIGINT NOT NULL,
    emoji TEXT NOT NULL,
    user_id ID_TYPE NOT NULL,
    tenant_id ID_TYPE NOT NULL,
    reacted_at_ms BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq_num, emoji, user_id)
) CLUSTERED;

-- Sending asks by blocked_id, reading by both.
CREATE TABLE user_block (
    blocker_id ID_TYPE NOT NULL REFERENCES user_account (user_id),
    blocked_id ID_TYPE NOT NULL REFERENCES user_account (user_id),
    tenant_id ID_TYPE NOT NULL,
    blocked_at_ms BIGINT NOT NULL,
    PRIMARY KEY (blocker_id, blocked_id)
) CLUSTERED;
CREATE INDEX user_block_by_blocked ON user_block (blocked_id, blocker_id);

-- A participant sees the messages from first_seq on; it is 0 until the conversation was deleted for
-- this one only. A mute that is over is still here, and means nothing.
ALTER TABLE participant ADD COLUMN first_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE participant ADD COLUMN muted_until_ms BIGINT;
ALTER TABLE participant ADD COLUMN archived_at_ms BIGINT;
-- The time is in it so that sending finds the few who archived a conversation without going through
-- all who are in it: a range of two columns is better than the primary key to any planner.
CREATE INDEX participant_archived ON participant (conversation_id, archived_at_ms)
    WHERE archived_at_ms IS NOT NULL;

-- A conversation that was deleted has no participants left, and soon no messages.
ALTER TABLE conversation ADD COLUMN deleted_at_ms BIGINT;
