-- In which conversations are the tasks of an agent that name this session?
CREATE INDEX task_by_session ON task (tenant_id, agent_id, session_id, conversation_id)
    WHERE session_id IS NOT NULL;
