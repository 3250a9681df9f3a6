-- What a region has sent today, beside the head that every append writes anyway: a quota costs no statement.

ALTER TABLE effreg.event_head ADD COLUMN day_bytes bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN effreg.event_head.day_bytes IS 'Bytes of the events stored on the day (UTC) of recorded_time';
