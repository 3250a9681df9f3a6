-- A published run says how it was cut off, who signed it and what it corrects; a row says how sure its place is, and
-- stands for an authority when those of a region are rated.

ALTER TABLE effreg.rating_run
    ADD COLUMN cutoff json,
    ADD COLUMN public_key text CHECK (public_key ~ '^[0-9a-f]{64}$'),
    ADD COLUMN signature text CHECK (signature ~ '^[0-9a-f]{128}$'),
    ADD COLUMN difference json,
    ADD CHECK ((public_key IS NULL) = (signature IS NULL));
COMMENT ON COLUMN effreg.rating_run.cutoff IS '{"<region>": "<seq>"}: how far each log had to be read at least; NULL = to its end';
COMMENT ON COLUMN effreg.rating_run.public_key IS 'Ed25519 key of who signed, hex; NULL = nobody';
COMMENT ON COLUMN effreg.rating_run.signature IS 'Ed25519 over the digits of document_digest, hex';
COMMENT ON COLUMN effreg.rating_run.difference IS 'What differs from the revision before; NULL = there is none';

ALTER TABLE effreg.rating_row
    ADD COLUMN authority text NOT NULL DEFAULT '',
    ADD COLUMN overall_place integer CHECK (overall_place > 0),
    ADD COLUMN interval_lo integer CHECK (interval_lo > 0),
    ADD COLUMN interval_hi integer,
    ADD CHECK ((interval_lo IS NULL) = (interval_hi IS NULL)),
    ADD CHECK (interval_hi >= interval_lo),
    DROP CONSTRAINT rating_row_pkey,
    ADD PRIMARY KEY (cohort, period, kind, revision, region_id, authority);
COMMENT ON TABLE effreg.rating_row IS 'Each region, or authority of a region, in each published rating';
COMMENT ON COLUMN effreg.rating_row.authority IS 'Id of the authority within the region; empty = the region itself is rated';
COMMENT ON COLUMN effreg.rating_row.overall_place IS 'Place among all regions, whatever the cohort; NULL = not rated there';
COMMENT ON COLUMN effreg.rating_row.interval_lo IS 'Best place that other weights leave likely (5 % quantile); NULL = not sampled';
COMMENT ON COLUMN effreg.rating_row.interval_hi IS 'Worst such place (95 % quantile)';
