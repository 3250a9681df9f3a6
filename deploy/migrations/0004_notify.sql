-- Notices: what regions are told when a rating is published.

CREATE TABLE effreg.notice (
    region_id      text NOT NULL REFERENCES effreg.region,
    id             uuid NOT NULL,
    cohort         text NOT NULL,
    period         text NOT NULL,
    rating_kind    text NOT NULL,
    revision       integer NOT NULL,
    place          integer,
    previous_place integer,
    published_time timestamptz NOT NULL,
    created_time   timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    sent_time      timestamptz,
    PRIMARY KEY (region_id, id)
);
CREATE INDEX notice_unsent ON effreg.notice (created_time, region_id, id) WHERE sent_time IS NULL;
COMMENT ON TABLE effreg.notice IS 'A changed place in a published rating, for the region it concerns; sent on the feed at least once';
COMMENT ON COLUMN effreg.notice.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.notice.id IS 'Made from cohort, period, kind, revision and region: the same change has the same id';
COMMENT ON COLUMN effreg.notice.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.notice.period IS 'Period code';
COMMENT ON COLUMN effreg.notice.rating_kind IS 'interim or final';
COMMENT ON COLUMN effreg.notice.revision IS 'Revision of the published rating';
COMMENT ON COLUMN effreg.notice.place IS 'The new place; NULL = not rated any more';
COMMENT ON COLUMN effreg.notice.previous_place IS 'Place in the previous period; NULL = it had none';
COMMENT ON COLUMN effreg.notice.published_time IS 'When the rating was published';
COMMENT ON COLUMN effreg.notice.created_time IS 'When the notice was written';
COMMENT ON COLUMN effreg.notice.sent_time IS 'When it went out on the feed; NULL = not yet';

GRANT SELECT, INSERT ON effreg.notice TO effreg_notify;
GRANT UPDATE (sent_time) ON effreg.notice TO effreg_notify;
GRANT SELECT ON effreg.notice TO effreg_ops;
