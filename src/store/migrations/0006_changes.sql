-- What changed in a conversation beside new messages, so that a client can ask for what it missed.
-- Every edit, deletion, toggled reaction and read mark takes the next number of change_counter, in
-- the order of commit. A message or a participant has the number of its newest change only: what
-- came before is not asked for, the row says how it is now.
-- participants_count spares looking for the large conversations one row at a time.
ALTER TABLE conversation ADD COLUMN change_counter BIGINT NOT NULL DEFAULT 0;
ALTER TABLE conversation ADD COLUMN participants_count BIGINT NOT NULL DEFAULT 0;

UPDATE conversation SET participants_count = (SELECT count(*) FROM participant p
    WHERE p.conversation_id = conversation.conversation_id);

-- 0: has not moved since there are numbers. Without an index: of large conversations nobody asks
-- for the marks of all, and those of a small one lie side by side.
ALTER TABLE participant ADD COLUMN read_change_seq BIGINT NOT NULL DEFAULT 0;

-- Only messages that changed have a row. It is a table of its own because a column behind the
-- texts would make every reaction write the whole message again.
CREATE TABLE message_change (
    conversation_id ID_TYPE NOT NULL,
    seq_num BIGINT NOT NULL,
    tenant_id ID_TYPE NOT NULL,
    change_seq BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, seq_num)
) CLUSTERED;
CREATE UNIQUE INDEX message_change_in_order ON message_change (conversation_id, change_seq);

-- What changed before there were numbers counts as changed once.
INSERT INTO message_change (conversation_id, seq_num, tenant_id, change_seq)
    SELECT m.conversation_id, m.seq_num, m.tenant_id,
        row_number() OVER (PARTITION BY m.conversation_id ORDER BY m.seq_num)
    FROM message m
    WHERE m.edit_count > 0 OR m.deleted_at_ms IS NOT NULL OR EXISTS (SELECT 1 FROM reaction r
        WHERE r.conversation_id = m.conversation_id AND r.seq_num = m.seq_num);
UPDATE conversation SET change_counter = coalesce((SELECT max(k.change_seq) FROM message_change k
    WHERE k.conversation_id = conversation.conversation_id), 0);
