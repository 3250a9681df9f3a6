-- The bytes of a closed year's events may lie in files (effreg log archive). The row stays: its id has one effect for ever, its hash is a
-- link of the chain, and the digest says what the bytes were.

ALTER TABLE effreg.event ADD COLUMN digest bytea;
ALTER TABLE effreg.event ALTER COLUMN body DROP NOT NULL;
-- NOT VALID: what is there has its body, and to look would take the whole log with intake standing still.
ALTER TABLE effreg.event ADD CONSTRAINT event_body_or_digest
    CHECK ((body IS NULL) <> (digest IS NULL) AND (digest IS NULL OR pg_catalog.length(digest) = 32)) NOT VALID;
COMMENT ON COLUMN effreg.event.body IS 'The raw event; json, not jsonb: keeps the bytes; NULL = in the log archive';
COMMENT ON COLUMN effreg.event.digest IS 'Of an archived event: SHA-256 of its bytes; NULL = they are here';

CREATE TABLE effreg.event_archive (
    region_id   text COLLATE pg_catalog."C" NOT NULL,
    first_seq   bigint NOT NULL,
    last_seq    bigint NOT NULL CHECK (last_seq >= first_seq),
    file        text NOT NULL CHECK (file ~ '^[0-9]{8}\.[0-9]{12}-[0-9]{12}\.ledger\.gz$'),
    file_offset bigint NOT NULL,
    bytes       bigint NOT NULL,
    digest      bytea NOT NULL CHECK (pg_catalog.length(digest) = 32),
    PRIMARY KEY (region_id, first_seq)
);
COMMENT ON TABLE effreg.event_archive IS 'Where the bytes of archived events are, block by block; contiguous from seq 1';
COMMENT ON COLUMN effreg.event_archive.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.event_archive.first_seq IS 'The first event of the block';
COMMENT ON COLUMN effreg.event_archive.last_seq IS 'The last one';
COMMENT ON COLUMN effreg.event_archive.file IS 'The file inside the folder of the log archive';
COMMENT ON COLUMN effreg.event_archive.file_offset IS 'Where in it the block begins';
COMMENT ON COLUMN effreg.event_archive.bytes IS 'How long it is there, compressed';
COMMENT ON COLUMN effreg.event_archive.digest IS 'SHA-256 of those bytes';

-- The log stays insert-only for its writer: only the owner archives.
GRANT SELECT ON effreg.event_archive TO effreg_metrics, effreg_ops;
