-- What resuming asks of the log: what happened on these channels after that place?

-- Of the message that an event is about: its number in the conversation (the channel), and its sender.
ALTER TABLE event ADD COLUMN seq_num BIGINT;
ALTER TABLE event ADD COLUMN sender_id ID_TYPE;
CREATE INDEX event_by_channel ON event (channel_id, cursor);
-- The texts of earlier versions stand in these events, and go when the message is deleted.
CREATE INDEX event_of_edit ON event (channel_id, seq_num) WHERE type = 'message.edited';

-- Up to where events of a channel were deleted because they were old. No row: it has all of them.
CREATE TABLE event_floor (
    channel_id ID_TYPE PRIMARY KEY,
    cursor BIGINT NOT NULL
) CLUSTERED;

-- The newest event at the time of joining: what came before it is not for this participant.
ALTER TABLE participant ADD COLUMN joined_cursor BIGINT NOT NULL DEFAULT 0;
