-- Trainings tell civil servants from the staff of institutions (effreg.training.completed.v2), and those told before are read in the
-- words of the new version: metrics begins at its first event again.
--
-- Notices of more than changed places: what follows from the state of the regions, and published ratings for the federal side.

TRUNCATE effreg.entity, effreg.correction, effreg.region_horizon, effreg.indicator_value;
UPDATE effreg.cursor SET seq = 0, updated_time = pg_catalog.clock_timestamp() WHERE consumer = 'metrics' AND stream = 'event';

ALTER TABLE effreg.notice
    DROP CONSTRAINT notice_region_id_fkey,
    ADD COLUMN kind text NOT NULL DEFAULT 'place_changed' CHECK (kind ~ '^[a-z_]{1,32}$'),
    ADD COLUMN details json,
    ALTER COLUMN cohort DROP NOT NULL,
    ALTER COLUMN period DROP NOT NULL,
    ALTER COLUMN rating_kind DROP NOT NULL,
    ALTER COLUMN revision DROP NOT NULL,
    ALTER COLUMN published_time DROP NOT NULL,
    ADD CONSTRAINT notice_is_told CHECK ((kind = 'place_changed') = (details IS NULL)),
    ADD CONSTRAINT notice_of_a_place CHECK (kind <> 'place_changed'
        OR (cohort IS NOT NULL AND period IS NOT NULL AND rating_kind IS NOT NULL AND revision IS NOT NULL AND published_time IS NOT NULL));
COMMENT ON TABLE effreg.notice IS 'What a region, or the federal side, is told; sent on the feed at least once';
COMMENT ON COLUMN effreg.notice.region_id IS 'OKTMO code; 00000000 = the federal side, which is no row of effreg.region';
COMMENT ON COLUMN effreg.notice.id IS 'Made from the kind and from what it is about: the same news has the same id';
COMMENT ON COLUMN effreg.notice.kind IS 'place_changed, rating_published, instruction_overdue, ... : services/notify/notify_text.h';
COMMENT ON COLUMN effreg.notice.details IS 'What it says, by kind; NULL of a changed place, which has columns of its own';
COMMENT ON COLUMN effreg.notice.cohort IS 'Of a changed place: cohort code';
COMMENT ON COLUMN effreg.notice.period IS 'Of a changed place: period code';
COMMENT ON COLUMN effreg.notice.rating_kind IS 'Of a changed place: interim or final';
COMMENT ON COLUMN effreg.notice.revision IS 'Of a changed place: revision of the published rating';
COMMENT ON COLUMN effreg.notice.published_time IS 'Of a changed place: when the rating was published';

GRANT SELECT ON effreg.entity, effreg.event_head TO effreg_notify;
