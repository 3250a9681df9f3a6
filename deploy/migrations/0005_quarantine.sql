-- What each region's quarantine holds, so that a flood of refused events cannot fill the disk; and the rights of those who
-- deal with it.

CREATE TABLE effreg.quarantine_use (
    region_id  text PRIMARY KEY REFERENCES effreg.region,
    body_bytes bigint NOT NULL DEFAULT 0,
    lost_count bigint NOT NULL DEFAULT 0,
    lost_time  timestamptz
);
COMMENT ON TABLE effreg.quarantine_use IS 'How full each region''s quarantine is; its row lock orders those who add and remove';
COMMENT ON COLUMN effreg.quarantine_use.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.quarantine_use.body_bytes IS 'Bytes of all bodies in effreg.quarantine of this region';
COMMENT ON COLUMN effreg.quarantine_use.lost_count IS 'Refused events that were answered but not kept, for the quarantine was full';
COMMENT ON COLUMN effreg.quarantine_use.lost_time IS 'When the last of these was refused; NULL = none';

INSERT INTO effreg.quarantine_use (region_id, body_bytes)
SELECT region_id, pg_catalog.sum(pg_catalog.octet_length(body)) FROM effreg.quarantine GROUP BY region_id;

GRANT SELECT, INSERT, UPDATE ON effreg.quarantine_use TO effreg_intake;
GRANT SELECT, UPDATE ON effreg.quarantine_use TO effreg_ops;
GRANT DELETE ON effreg.quarantine TO effreg_ops;
