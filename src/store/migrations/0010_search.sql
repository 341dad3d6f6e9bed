-- Full-text search. order_num rises in the order of commit through all conversations: the index has
-- the newest messages last, and how far it has come is one number. It is the cursor of the event that
-- told of the message; messages from before are numbered by their times, which stays below. In a
-- conversation it rises with seq_num, also where a clock was set back. NULL: it takes the place of a
-- message that was lost.
ALTER TABLE message ADD COLUMN order_num BIGINT;

UPDATE message SET order_num = o.order_num FROM (SELECT conversation_id, seq_num,
        row_number() OVER (ORDER BY at_ms, conversation_id, seq_num) AS order_num
    FROM (SELECT conversation_id, seq_num, max(created_at_ms) OVER
            (PARTITION BY conversation_id ORDER BY seq_num) AS at_ms FROM message) t) o
    WHERE o.conversation_id = message.conversation_id AND o.seq_num = message.seq_num;

CREATE UNIQUE INDEX message_by_order ON message (order_num);

-- Which words stand in which message; see store/search.h.
CREATE SEARCH_TABLE;

-- One row. `rules` says how texts were cut into words; messages up to `position` were looked at.
CREATE TABLE search_state (
    state_id INTEGER PRIMARY KEY,
    rules TEXT NOT NULL,
    position BIGINT NOT NULL
);
INSERT INTO search_state (state_id, rules, position) VALUES (1, '', 0);

-- What the index still says of messages that were changed or deleted since.
CREATE TABLE search_stale (
    order_num BIGINT PRIMARY KEY,
    conversation_id ID_TYPE NOT NULL,
    old_text TEXT NOT NULL,
    noted_at_ms BIGINT NOT NULL
) CLUSTERED;
