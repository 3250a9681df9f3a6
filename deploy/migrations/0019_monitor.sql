-- Who watches the server (postgres-exporter) sees its statistics and settings, and nothing of the schema: no event, no key, no token.
-- Where the owner may not make roles or give pg_monitor away, the role is made by hand before, and left as it is.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'effreg_monitor') THEN
        CREATE ROLE effreg_monitor LOGIN;
    END IF;
    IF NOT pg_catalog.pg_has_role('effreg_monitor', 'pg_monitor', 'MEMBER') THEN
        GRANT pg_monitor TO effreg_monitor;
    END IF;
END
$$;
