-- The log of every region, the keys that may write it, and the cursors of those who read it.
--
-- Every key of a regional table contains region_id: a hot-path transaction touches one region.

-- effreg migrate has made the schema, for its own table.
COMMENT ON SCHEMA effreg IS 'The exchange and rating platform';

DO $$
DECLARE
    service_role text;
BEGIN
    FOREACH service_role IN ARRAY ARRAY['effreg_intake', 'effreg_metrics', 'effreg_ranking', 'effreg_notify', 'effreg_ops'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = service_role) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I LOGIN', service_role);
        END IF;
        EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA effreg TO %I', service_role);
    END LOOP;
END
$$;

CREATE TABLE effreg.region (
    region_id           text PRIMARY KEY CHECK (region_id ~ '^[0-9]{8}$'),
    iso                 text UNIQUE,
    kind                text NOT NULL,
    name_ru             text NOT NULL,
    name_en             text NOT NULL,
    federal_district_ru text NOT NULL,
    federal_district_en text NOT NULL,
    nested_in           text REFERENCES effreg.region
);
COMMENT ON TABLE effreg.region IS 'Registry of regions (proto/registry/regions.csv), loaded by effreg migrate';
COMMENT ON COLUMN effreg.region.region_id IS 'OKTMO code, eight digits, leading zeros count';
COMMENT ON COLUMN effreg.region.iso IS 'ISO 3166-2 code, an alias';
COMMENT ON COLUMN effreg.region.kind IS 'oblast, krai, republic, ...';
COMMENT ON COLUMN effreg.region.name_ru IS 'Name in Russian';
COMMENT ON COLUMN effreg.region.name_en IS 'Name in English';
COMMENT ON COLUMN effreg.region.federal_district_ru IS 'Federal district in Russian';
COMMENT ON COLUMN effreg.region.federal_district_en IS 'Federal district in English';
COMMENT ON COLUMN effreg.region.nested_in IS 'The region this one lies inside: never count twice';

CREATE TABLE effreg.client_key (
    public_key   text PRIMARY KEY CHECK (pg_catalog.length(public_key) = 40),
    role         text NOT NULL CHECK (role IN ('region', 'gateway', 'coordinator', 'reader', 'service')),
    region_id    text REFERENCES effreg.region,
    sources      text[],
    note         text NOT NULL DEFAULT '',
    created_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    revoked_time timestamptz,
    CHECK ((role = 'region') = (region_id IS NOT NULL))
);
COMMENT ON TABLE effreg.client_key IS 'CURVE keys that get a session, and their rights';
COMMENT ON COLUMN effreg.client_key.public_key IS 'CURVE public key, Z85';
COMMENT ON COLUMN effreg.client_key.role IS 'region: writes its own log; gateway: writes for the region it names; coordinator: queries and publishes; reader: queries and feed; service: internal streams';
COMMENT ON COLUMN effreg.client_key.region_id IS 'The region a key of role region is';
COMMENT ON COLUMN effreg.client_key.sources IS 'Sources the key may write; NULL = any of its region';
COMMENT ON COLUMN effreg.client_key.note IS 'Who holds the key, in words';
COMMENT ON COLUMN effreg.client_key.created_time IS 'When the key was added';
COMMENT ON COLUMN effreg.client_key.revoked_time IS 'Since when the key is refused; NULL = valid';

CREATE TABLE effreg.event_head (
    region_id     text PRIMARY KEY REFERENCES effreg.region,
    last_seq      bigint NOT NULL DEFAULT 0,
    hash          bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    recorded_time timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00'
);
COMMENT ON TABLE effreg.event_head IS 'Head of each region''s log; its row lock orders the appends';
COMMENT ON COLUMN effreg.event_head.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.event_head.last_seq IS 'Sequence number of the last event; 0 = empty';
COMMENT ON COLUMN effreg.event_head.hash IS 'Chain hash of the last event; zeros = empty';
COMMENT ON COLUMN effreg.event_head.recorded_time IS 'recorded_time of the last event: never decreases';

CREATE TABLE effreg.event (
    region_id     text NOT NULL,
    seq           bigint NOT NULL,
    id            uuid NOT NULL,
    recorded_time timestamptz NOT NULL,
    hash          bytea NOT NULL,
    body          json NOT NULL,
    PRIMARY KEY (region_id, seq),
    UNIQUE (region_id, id)
);
ALTER TABLE effreg.event ALTER COLUMN body SET STORAGE EXTENDED;
COMMENT ON TABLE effreg.event IS 'The log: every accepted event, byte for byte, in order, for ever';
COMMENT ON COLUMN effreg.event.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.event.seq IS 'Contiguous per region, from 1, in commit order';
COMMENT ON COLUMN effreg.event.id IS 'CloudEvents id: has one effect, for ever';
COMMENT ON COLUMN effreg.event.recorded_time IS 'When the event was stored (clock after the head lock)';
COMMENT ON COLUMN effreg.event.hash IS 'Chain hash up to and including this event';
COMMENT ON COLUMN effreg.event.body IS 'The raw event; json, not jsonb: keeps the bytes';

CREATE TABLE effreg.source (
    region_id text NOT NULL REFERENCES effreg.region,
    source    text NOT NULL,
    received  int8multirange NOT NULL DEFAULT '{}',
    PRIMARY KEY (region_id, source)
);
COMMENT ON TABLE effreg.source IS 'Which sequence numbers of each source are stored: a hole is what the source never sent';
COMMENT ON COLUMN effreg.source.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.source.source IS 'CloudEvents source';
COMMENT ON COLUMN effreg.source.received IS 'Stored values of the extension sequence';

CREATE TABLE effreg.quarantine (
    region_id     text NOT NULL REFERENCES effreg.region,
    digest        bytea NOT NULL,
    code          text NOT NULL,
    pointer       text NOT NULL,
    byte_offset   bigint NOT NULL,
    detail        text NOT NULL,
    event_id      text,
    stored_digest bytea,
    body          bytea NOT NULL,
    first_time    timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    last_time     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    count         bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (region_id, digest)
);
COMMENT ON TABLE effreg.quarantine IS 'Every refused event with the reason, for as long as nobody has dealt with it';
COMMENT ON COLUMN effreg.quarantine.region_id IS 'The region whose key sent it';
COMMENT ON COLUMN effreg.quarantine.digest IS 'SHA-256 of the bytes received';
COMMENT ON COLUMN effreg.quarantine.code IS 'Why: a code of proto/README.md';
COMMENT ON COLUMN effreg.quarantine.pointer IS 'Where, as a JSON Pointer; empty = the whole event';
COMMENT ON COLUMN effreg.quarantine.byte_offset IS 'Where, as a byte offset; -1 = see pointer';
COMMENT ON COLUMN effreg.quarantine.detail IS 'What is wrong, in words';
COMMENT ON COLUMN effreg.quarantine.event_id IS 'The id the event claims, when it could be read';
COMMENT ON COLUMN effreg.quarantine.stored_digest IS 'For a conflict: SHA-256 of the event already stored under the id';
COMMENT ON COLUMN effreg.quarantine.body IS 'The bytes received';
COMMENT ON COLUMN effreg.quarantine.first_time IS 'First refusal';
COMMENT ON COLUMN effreg.quarantine.last_time IS 'Latest refusal';
COMMENT ON COLUMN effreg.quarantine.count IS 'How often the same bytes were refused';

CREATE TABLE effreg.metric_head (
    region_id text PRIMARY KEY REFERENCES effreg.region,
    last_seq  bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE effreg.metric_head IS 'Head of each region''s metric stream';
COMMENT ON COLUMN effreg.metric_head.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.metric_head.last_seq IS 'Sequence number of the last record';

CREATE TABLE effreg.metric (
    region_id     text NOT NULL,
    seq           bigint NOT NULL,
    recorded_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    body          json NOT NULL,
    PRIMARY KEY (region_id, seq)
);
COMMENT ON TABLE effreg.metric IS 'Metric stream: one record per turn of the metrics service';
COMMENT ON COLUMN effreg.metric.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.metric.seq IS 'Contiguous per region, from 1';
COMMENT ON COLUMN effreg.metric.recorded_time IS 'When the record was written';
COMMENT ON COLUMN effreg.metric.body IS '{"event_seq": reached, "changed": [{"period", "codes": [...]}]}';

CREATE TABLE effreg.rating_head (
    cohort   text PRIMARY KEY,
    last_seq bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE effreg.rating_head IS 'Head of each cohort''s rating stream';
COMMENT ON COLUMN effreg.rating_head.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.rating_head.last_seq IS 'Sequence number of the last record';

CREATE TABLE effreg.rating (
    cohort        text NOT NULL,
    seq           bigint NOT NULL,
    recorded_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    body          json NOT NULL,
    PRIMARY KEY (cohort, seq)
);
COMMENT ON TABLE effreg.rating IS 'Rating stream: published runs only';
COMMENT ON COLUMN effreg.rating.cohort IS 'Cohort code';
COMMENT ON COLUMN effreg.rating.seq IS 'Contiguous per cohort, from 1';
COMMENT ON COLUMN effreg.rating.recorded_time IS 'When the record was written';
COMMENT ON COLUMN effreg.rating.body IS '{"period", "cohort", "kind", "revision", "result_digest"}: the run is in rating_run';

CREATE TABLE effreg.cursor (
    consumer     text NOT NULL,
    stream       text NOT NULL,
    key          text NOT NULL,
    seq          bigint NOT NULL DEFAULT 0,
    updated_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (consumer, stream, key)
);
COMMENT ON TABLE effreg.cursor IS 'How far each consumer has come; its row lock fences other instances';
COMMENT ON COLUMN effreg.cursor.consumer IS 'Name of the consumer';
COMMENT ON COLUMN effreg.cursor.stream IS 'event, metric or rating';
COMMENT ON COLUMN effreg.cursor.key IS 'The stream''s key: a region or a cohort';
COMMENT ON COLUMN effreg.cursor.seq IS 'The last record whose effects are committed';
COMMENT ON COLUMN effreg.cursor.updated_time IS 'When it last moved';

CREATE TABLE effreg.attempt (
    consumer     text NOT NULL,
    stream       text NOT NULL,
    key          text NOT NULL,
    seq          bigint NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    error        text NOT NULL DEFAULT '',
    updated_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    parked_time  timestamptz,
    PRIMARY KEY (consumer, stream, key, seq)
);
COMMENT ON TABLE effreg.attempt IS 'Records that failed in a consumer: counted before each retry, parked after the fifth';
COMMENT ON COLUMN effreg.attempt.consumer IS 'Name of the consumer';
COMMENT ON COLUMN effreg.attempt.stream IS 'event, metric or rating';
COMMENT ON COLUMN effreg.attempt.key IS 'The stream''s key';
COMMENT ON COLUMN effreg.attempt.seq IS 'The record';
COMMENT ON COLUMN effreg.attempt.attempts IS 'Attempts begun; a crash counts too';
COMMENT ON COLUMN effreg.attempt.error IS 'What the last attempt said';
COMMENT ON COLUMN effreg.attempt.updated_time IS 'When the last attempt began';
COMMENT ON COLUMN effreg.attempt.parked_time IS 'When the cursor moved past it; NULL = still being tried';

-- Least rights: the log is insert-only for its writer.
GRANT SELECT ON effreg.region, effreg.client_key TO effreg_intake, effreg_ranking, effreg_notify, effreg_metrics;
GRANT SELECT, INSERT ON effreg.event TO effreg_intake;
GRANT SELECT, INSERT, UPDATE ON effreg.event_head, effreg.source, effreg.quarantine TO effreg_intake;
GRANT SELECT ON effreg.event, effreg.event_head TO effreg_metrics, effreg_ranking;
GRANT SELECT, INSERT ON effreg.metric TO effreg_metrics;
GRANT SELECT, INSERT, UPDATE ON effreg.metric_head TO effreg_metrics;
GRANT SELECT ON effreg.metric, effreg.metric_head TO effreg_ranking;
GRANT SELECT, INSERT ON effreg.rating TO effreg_ranking;
GRANT SELECT, INSERT, UPDATE ON effreg.rating_head TO effreg_ranking;
GRANT SELECT ON effreg.rating, effreg.rating_head TO effreg_notify;
GRANT SELECT, INSERT, UPDATE, DELETE ON effreg.cursor, effreg.attempt TO effreg_metrics, effreg_ranking, effreg_notify;
GRANT SELECT ON ALL TABLES IN SCHEMA effreg TO effreg_ops;
GRANT INSERT, UPDATE ON effreg.client_key TO effreg_ops;
