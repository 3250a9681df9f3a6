-- Ratings: what has to be computed again, the live results, and the published runs with every figure they used.
--
-- A published run is frozen: its service may insert it and never change it. Runs are not regional tables: they stand on
-- the coordinator, and the key of a row is its run first.

CREATE TABLE effreg.rating_due (
    cohort      text NOT NULL,
    period      text NOT NULL,
    marked_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (cohort, period)
);
COMMENT ON TABLE effreg.rating_due IS 'Live ratings to be computed again; a row is deleted by the transaction that computes';
COMMENT ON COLUMN effreg.rating_due.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.rating_due.period IS 'Period code';
COMMENT ON COLUMN effreg.rating_due.marked_time IS 'Since when it waits';

CREATE TABLE effreg.rating_live (
    cohort              text NOT NULL,
    period              text NOT NULL,
    methodology_code    text NOT NULL,
    methodology_version integer NOT NULL,
    methodology_digest  text NOT NULL,
    result_digest       text NOT NULL,
    document            json NOT NULL,
    seqs                json NOT NULL,
    notes               json NOT NULL,
    computed_time       timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (cohort, period)
);
COMMENT ON TABLE effreg.rating_live IS 'The latest, provisional result of each cohort and period; overwritten';
COMMENT ON COLUMN effreg.rating_live.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.rating_live.period IS 'Period code';
COMMENT ON COLUMN effreg.rating_live.methodology_code IS 'Code of the methodology';
COMMENT ON COLUMN effreg.rating_live.methodology_version IS 'Its version';
COMMENT ON COLUMN effreg.rating_live.methodology_digest IS 'SHA-256 of the methodology file, hex: another one makes the result stale';
COMMENT ON COLUMN effreg.rating_live.result_digest IS 'SHA-256 of the canonical inputs and results, hex';
COMMENT ON COLUMN effreg.rating_live.document IS 'The rating as it is answered';
COMMENT ON COLUMN effreg.rating_live.seqs IS '{"<region>": {"seq", "head"}}: how far each log was read';
COMMENT ON COLUMN effreg.rating_live.notes IS '{"constant": [...], "empty": [...]}: indicators that told nobody apart';
COMMENT ON COLUMN effreg.rating_live.computed_time IS 'When it was computed';

CREATE TABLE effreg.rating_run (
    cohort              text NOT NULL,
    period              text NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('interim', 'final')),
    revision            integer NOT NULL CHECK (revision > 0),
    methodology_code    text NOT NULL,
    methodology_version integer NOT NULL,
    methodology         json NOT NULL,
    result_digest       text NOT NULL,
    document_digest     text NOT NULL,
    document            json NOT NULL,
    seqs                json NOT NULL,
    notes               json NOT NULL,
    published_time      timestamptz NOT NULL,
    published_by        text NOT NULL,
    PRIMARY KEY (cohort, period, kind, revision)
);
COMMENT ON TABLE effreg.rating_run IS 'Published ratings: frozen; a correction is a new revision';
COMMENT ON COLUMN effreg.rating_run.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.rating_run.period IS 'Period code';
COMMENT ON COLUMN effreg.rating_run.kind IS 'interim or final';
COMMENT ON COLUMN effreg.rating_run.revision IS 'From 1 for each cohort, period and kind';
COMMENT ON COLUMN effreg.rating_run.methodology_code IS 'Code of the methodology';
COMMENT ON COLUMN effreg.rating_run.methodology_version IS 'Its version';
COMMENT ON COLUMN effreg.rating_run.methodology IS 'The methodology file itself, byte for byte';
COMMENT ON COLUMN effreg.rating_run.result_digest IS 'SHA-256 of the canonical inputs and results, hex';
COMMENT ON COLUMN effreg.rating_run.document_digest IS 'SHA-256 that binds the result to the logs read and to this publication, hex';
COMMENT ON COLUMN effreg.rating_run.document IS 'The rating as it is answered';
COMMENT ON COLUMN effreg.rating_run.seqs IS '{"<region>": {"seq", "head"}}: how far each log was read';
COMMENT ON COLUMN effreg.rating_run.notes IS '{"constant": [...], "empty": [...]}: indicators that told nobody apart';
COMMENT ON COLUMN effreg.rating_run.published_time IS 'When it was published';
COMMENT ON COLUMN effreg.rating_run.published_by IS 'The public key that published it';

CREATE TABLE effreg.rating_row (
    cohort         text NOT NULL,
    period         text NOT NULL,
    kind           text NOT NULL,
    revision       integer NOT NULL,
    region_id      text NOT NULL REFERENCES effreg.region,
    place          integer CHECK (place > 0),
    previous_place integer CHECK (previous_place > 0),
    score          numeric,
    group_code     text CHECK (group_code IN ('leading', 'middle', 'lagging')),
    reason         text CHECK (reason IN ('not_joined', 'too_few_measured_projects', 'no_data')),
    inputs         json NOT NULL,
    nodes          json NOT NULL,
    PRIMARY KEY (cohort, period, kind, revision, region_id),
    FOREIGN KEY (cohort, period, kind, revision) REFERENCES effreg.rating_run,
    CHECK ((place IS NULL) = (reason IS NOT NULL))
);
CREATE INDEX rating_row_region ON effreg.rating_row (region_id, cohort);
COMMENT ON TABLE effreg.rating_row IS 'Each region in each published rating';
COMMENT ON COLUMN effreg.rating_row.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.rating_row.period IS 'Period code';
COMMENT ON COLUMN effreg.rating_row.kind IS 'interim or final';
COMMENT ON COLUMN effreg.rating_row.revision IS 'Revision of the run';
COMMENT ON COLUMN effreg.rating_row.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.rating_row.place IS '1 = best; NULL = not rated';
COMMENT ON COLUMN effreg.rating_row.previous_place IS 'Place in the last published run of the previous period, as known then';
COMMENT ON COLUMN effreg.rating_row.score IS 'Rounded to the methodology''s decimals';
COMMENT ON COLUMN effreg.rating_row.group_code IS 'leading, middle or lagging';
COMMENT ON COLUMN effreg.rating_row.reason IS 'Why the region is not rated; NULL = rated';
COMMENT ON COLUMN effreg.rating_row.inputs IS '{"<indicator>": "decimal" | null}: the figures used';
COMMENT ON COLUMN effreg.rating_row.nodes IS '{"<node>": "decimal" | null}: the score of every node';

GRANT SELECT ON effreg.indicator_value TO effreg_ranking;
GRANT SELECT, INSERT, UPDATE, DELETE ON effreg.rating_due TO effreg_ranking;
GRANT SELECT, INSERT, UPDATE ON effreg.rating_live TO effreg_ranking;
GRANT SELECT, INSERT ON effreg.rating_run, effreg.rating_row TO effreg_ranking;
GRANT SELECT ON effreg.rating_run, effreg.rating_row TO effreg_notify;
GRANT SELECT ON ALL TABLES IN SCHEMA effreg TO effreg_ops;
