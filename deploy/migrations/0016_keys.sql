-- Keys are codes and names that programs compare byte by byte. By the rules of a language PostgreSQL calls the C library for every
-- comparison in an index, five times as long, and two databases with different locales would give lists in different orders.

DO $$
DECLARE
    key_column record;
BEGIN
    FOR key_column IN
        SELECT class.relname, attribute.attname FROM pg_catalog.pg_class AS class
        JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = class.oid
        WHERE class.relnamespace = 'effreg'::pg_catalog.regnamespace AND class.relkind = 'r' AND attribute.attnum > 0
          AND attribute.atttypid = 'pg_catalog.text'::pg_catalog.regtype AND attribute.attcollation <> 'pg_catalog."C"'::pg_catalog.regcollation
          AND EXISTS (SELECT 1 FROM pg_catalog.pg_index AS index
                      WHERE index.indrelid = class.oid AND attribute.attnum = ANY (index.indkey::smallint[]))
        ORDER BY class.relname <> 'region', class.relname, attribute.attnum
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE effreg.%I ALTER COLUMN %I TYPE text COLLATE pg_catalog."C"', key_column.relname, key_column.attname);
    END LOOP;
END
$$;

-- Rows that change again and again: with room in their page the new version stays there, and no index has to learn of it.
-- What is left for autovacuum is little and may take its time; a sample of a few thousand rows says all that the planner asks.
ALTER TABLE effreg.entity SET (fillfactor = 80, autovacuum_vacuum_cost_limit = 40);
ALTER TABLE effreg.indicator_value SET (fillfactor = 80, autovacuum_vacuum_cost_limit = 40);
ALTER TABLE effreg.entity
    ALTER region_id SET STATISTICS 10, ALTER kind SET STATISTICS 10, ALTER entity SET STATISTICS 10,
    ALTER seqs SET STATISTICS 0, ALTER attributes SET STATISTICS 0;
ALTER TABLE effreg.indicator_value
    ALTER region_id SET STATISTICS 10, ALTER subject SET STATISTICS 10, ALTER period SET STATISTICS 10, ALTER code SET STATISTICS 10,
    ALTER numerator SET STATISTICS 0, ALTER denominator SET STATISTICS 0, ALTER observations SET STATISTICS 0,
    ALTER value SET STATISTICS 0;
