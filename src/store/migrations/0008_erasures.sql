-- Users who are to be forgotten: the account is cleared at once, the rest goes step by step. What is
-- done: the conversations up to after_id, in the next one the messages up to after_seq, and once
-- all conversations are done, the events up to after_event.
CREATE TABLE erasure (
    user_id ID_TYPE PRIMARY KEY REFERENCES user_account (user_id),
    tenant_id ID_TYPE NOT NULL,
    keeps_messages INTEGER NOT NULL,
    requested_at_ms BIGINT NOT NULL,
    after_id ID_TYPE,
    after_seq BIGINT NOT NULL,
    after_event BIGINT NOT NULL
) CLUSTERED;
-- Going through the conversations of a tenant in their order.
CREATE INDEX conversation_by_tenant ON conversation (tenant_id, conversation_id);
