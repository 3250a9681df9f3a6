-- Distributes the schema over the workers of Citus: effreg migrate --citus runs it, in one transaction, after the migrations. Run again
-- it distributes what a later migration has added. README.md beside it says why each table has its fate; tests/e2e/citus.sh holds the
-- list below against the schema.
--
-- reference     a copy on every node: small, read with every append, seldom written
-- distributed   by the column named, all of them co-located, so that what belongs to one region lies together
-- coordinator   stays where it is

CREATE TEMPORARY TABLE fate (place integer GENERATED ALWAYS AS IDENTITY, name text NOT NULL, fate text NOT NULL, column_name text) ON COMMIT DROP;
INSERT INTO pg_temp.fate (name, fate, column_name) VALUES
    ('region', 'reference', NULL),
    ('client_key', 'reference', NULL),
    ('token', 'reference', NULL),
    ('incarnation', 'reference', NULL),
    ('indicator', 'reference', NULL),
    ('indicator_definitions', 'reference', NULL),
    ('event_head', 'distributed', 'region_id'),
    ('event', 'distributed', 'region_id'),
    ('event_archive', 'distributed', 'region_id'),
    ('source', 'distributed', 'region_id'),
    ('quarantine', 'distributed', 'region_id'),
    ('quarantine_use', 'distributed', 'region_id'),
    ('metric_head', 'distributed', 'region_id'),
    ('metric', 'distributed', 'region_id'),
    ('entity', 'distributed', 'region_id'),
    ('correction', 'distributed', 'region_id'),
    ('figures', 'distributed', 'region_id'),
    ('region_horizon', 'distributed', 'region_id'),
    ('entity_rebuild', 'distributed', 'region_id'),
    ('correction_rebuild', 'distributed', 'region_id'),
    ('region_horizon_rebuild', 'distributed', 'region_id'),
    ('notice', 'distributed', 'region_id'),
    ('cursor', 'distributed', 'key'),
    ('attempt', 'distributed', 'key'),
    ('rating_head', 'coordinator', NULL),
    ('rating', 'coordinator', NULL),
    ('rating_due', 'coordinator', NULL),
    ('rating_live', 'coordinator', NULL),
    ('rating_run', 'coordinator', NULL),
    ('rating_row', 'coordinator', NULL),
    ('indicator_value', 'coordinator', NULL),
    ('audit', 'coordinator', NULL),
    ('migration', 'coordinator', NULL);

DO $$
DECLARE
    one record;
    unknown text;
BEGIN
    SELECT pg_catalog.string_agg(c.relname, ', ') INTO unknown FROM pg_catalog.pg_class c
    WHERE c.relnamespace = 'effreg'::pg_catalog.regnamespace AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_temp.fate f WHERE f.name = c.relname);
    IF unknown IS NOT NULL THEN
        RAISE EXCEPTION 'deploy/citus/distribute.sql says nothing of: %', unknown;
    END IF;
    FOR one IN
        SELECT f.*, pg_catalog.format('effreg.%I', f.name) AS path FROM pg_temp.fate f
        WHERE f.fate <> 'coordinator'
          AND NOT EXISTS (SELECT FROM pg_dist_partition p WHERE p.logicalrelid = pg_catalog.format('effreg.%I', f.name)::pg_catalog.regclass)
        ORDER BY f.place
    LOOP
        IF one.fate = 'reference' THEN
            PERFORM create_reference_table(one.path::pg_catalog.regclass);
        ELSIF one.name = 'event_head' THEN
            PERFORM create_distributed_table(one.path::pg_catalog.regclass, one.column_name);
        ELSE
            PERFORM create_distributed_table(one.path::pg_catalog.regclass, one.column_name, colocate_with => 'effreg.event_head');
        END IF;
    END LOOP;
END
$$;
