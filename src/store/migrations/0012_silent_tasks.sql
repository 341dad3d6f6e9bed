-- Whose agents may have gone: running tasks (status 1) that nobody streams to, by when they were last
-- changed.
CREATE INDEX task_by_silence ON task (updated_at_ms) WHERE status = 1 AND is_streaming = 0;
