-- Who did what to the keys: a row for each act, written by the transaction that acts.

CREATE TABLE effreg.audit (
    audit_id      uuid PRIMARY KEY DEFAULT pg_catalog.gen_random_uuid(),
    occurred_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    actor         text NOT NULL DEFAULT SESSION_USER,
    act           text NOT NULL CHECK (act ~ '^[a-z]+\.[a-z_]+$'),
    subject       text NOT NULL,
    detail        json NOT NULL
);
CREATE INDEX audit_subject ON effreg.audit (subject, occurred_time);
COMMENT ON TABLE effreg.audit IS 'Acts on what others rely on, such as keys: one row for each, never changed';
COMMENT ON COLUMN effreg.audit.audit_id IS 'Identity of the row';
COMMENT ON COLUMN effreg.audit.occurred_time IS 'When';
COMMENT ON COLUMN effreg.audit.actor IS 'The database role that logged in; no personal name';
COMMENT ON COLUMN effreg.audit.act IS 'What was done: key.added, key.rotated, key.revoked';
COMMENT ON COLUMN effreg.audit.subject IS 'To what: a public key';
COMMENT ON COLUMN effreg.audit.detail IS 'The rest: role, region, sources, reason, the key it replaces';

-- Insert-only, and whoever inserts can say what was done but neither when nor by whom.
GRANT SELECT ON effreg.audit TO effreg_ops;
GRANT INSERT (act, subject, detail) ON effreg.audit TO effreg_ops;
