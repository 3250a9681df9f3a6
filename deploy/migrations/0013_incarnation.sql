-- A restore of the logs from an older copy, acknowledged: what clients had acknowledged since is missing and is sent again.

CREATE TABLE effreg.incarnation (
    number      bigint PRIMARY KEY CHECK (number BETWEEN 1 AND 9007199254740991),
    name        text NOT NULL CHECK (name <> ''),
    opened_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    opened_by   text NOT NULL DEFAULT SESSION_USER
);
COMMENT ON TABLE effreg.incarnation IS 'Incarnations of the logs after the first: one row for each acknowledged restore';
COMMENT ON COLUMN effreg.incarnation.number IS 'When it was opened, in microseconds since 1970: greater than any before, those of a lost database too';
COMMENT ON COLUMN effreg.incarnation.name IS 'What was restored, in the coordinator''s words';
COMMENT ON COLUMN effreg.incarnation.opened_time IS 'When it was acknowledged';
COMMENT ON COLUMN effreg.incarnation.opened_by IS 'The database role that logged in; no personal name';

GRANT SELECT ON effreg.incarnation TO effreg_intake, effreg_ops;
GRANT INSERT (number, name) ON effreg.incarnation TO effreg_ops;
