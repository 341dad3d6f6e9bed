-- Work of agents. Enums are stored as the integers of the C enums (store/tasks.h). A task belongs to
-- a conversation; there is no foreign key, as for messages: its rule has looked it up.
-- is_streaming is 1 while an agent has a stream open: after a crash these are the tasks whose agents
-- have to come back. saved_bytes is how much of the streamed text is in task_text. A completed task
-- has its text in the message result_message_id, and nowhere else.
CREATE TABLE task (
    task_id ID_TYPE PRIMARY KEY,
    tenant_id ID_TYPE NOT NULL,
    conversation_id ID_TYPE NOT NULL,
    agent_id ID_TYPE,
    session_id TEXT,
    title TEXT NOT NULL,
    status INTEGER NOT NULL,
    current_step TEXT,
    progress_narrative TEXT,
    created_by ID_TYPE NOT NULL,
    created_at_ms BIGINT NOT NULL,
    updated_at_ms BIGINT NOT NULL,
    is_streaming INTEGER NOT NULL,
    saved_bytes BIGINT NOT NULL,
    result_message_id ID_TYPE
) CLUSTERED;

CREATE INDEX task_by_conversation ON task (conversation_id, task_id);
CREATE INDEX task_streaming ON task (task_id) WHERE is_streaming = 1;

-- What an agent has streamed, in pieces that are only ever added: a checkpoint costs what is new, not
-- the whole text again.
CREATE TABLE task_text (
    task_id ID_TYPE NOT NULL,
    offset_bytes BIGINT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (task_id, offset_bytes)
) CLUSTERED;
