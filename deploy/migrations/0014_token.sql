-- Bearer tokens of the regions for the gateway's POST /api/v1/events, and the key role of the process that passes them on.

CREATE TABLE effreg.token (
    digest       bytea PRIMARY KEY CHECK (pg_catalog.octet_length(digest) = 32),
    region_id    text NOT NULL REFERENCES effreg.region,
    sources      text[],
    note         text NOT NULL DEFAULT '',
    created_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    revoked_time timestamptz
);
COMMENT ON TABLE effreg.token IS 'Bearer tokens that write a region''s log over HTTPS; the tokens themselves are nowhere';
COMMENT ON COLUMN effreg.token.digest IS 'SHA-256 of the token, which has 256 random bits: a salt would add nothing';
COMMENT ON COLUMN effreg.token.region_id IS 'The region whose log the token writes';
COMMENT ON COLUMN effreg.token.sources IS 'Sources the token may write; NULL = any of its region';
COMMENT ON COLUMN effreg.token.note IS 'Who holds the token, in words';
COMMENT ON COLUMN effreg.token.created_time IS 'When the token was made';
COMMENT ON COLUMN effreg.token.revoked_time IS 'Since when the token is refused; NULL = valid';

-- A key that writes nothing by itself: only for the region of the token that comes with it, while that token is valid.
ALTER TABLE effreg.client_key DROP CONSTRAINT client_key_role_check;
ALTER TABLE effreg.client_key ADD CONSTRAINT client_key_role_check
    CHECK (role IN ('region', 'gateway', 'coordinator', 'reader', 'service', 'bearer'));
COMMENT ON COLUMN effreg.client_key.role IS 'region: writes its own log; gateway: writes for the region it names; bearer: writes for the region of the token it shows, and queries; coordinator: queries and publishes; reader: queries and feed; service: internal streams';
COMMENT ON COLUMN effreg.audit.act IS 'What was done: key.added, key.changed, key.rotated, key.revoked, token.added, token.revoked';
COMMENT ON COLUMN effreg.audit.subject IS 'To what: a public key; the digest of a token, hexadecimal';

-- Intake asks whether a token is valid within the transaction that stores. Nobody changes a token but to end it.
GRANT SELECT ON effreg.token TO effreg_intake, effreg_ops;
GRANT INSERT (digest, region_id, sources, note), UPDATE (revoked_time) ON effreg.token TO effreg_ops;

-- The gateway's key as deploy/prepare and the demo have made it: what it read it still reads, and what it may write needs a token.
WITH changed AS (
    UPDATE effreg.client_key SET role = 'bearer' WHERE role = 'reader' AND note = 'gateway' AND revoked_time IS NULL RETURNING public_key
)
INSERT INTO effreg.audit (act, subject, detail)
SELECT 'key.changed', public_key, '{"role": "bearer", "was": "reader"}' FROM changed;
