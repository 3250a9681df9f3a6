-- The figures of a subject in a period are one row: an event changes several of them in each of its periods, and to find, lock, write
-- and log a row for each took most of a turn. effreg.figure shows them one by one.

CREATE TABLE effreg.figures (
    region_id text COLLATE pg_catalog."C" NOT NULL,
    subject   text COLLATE pg_catalog."C" NOT NULL,
    period    text COLLATE pg_catalog."C" NOT NULL,
    figures   jsonb NOT NULL,
    PRIMARY KEY (region_id, subject, period)
) WITH (fillfactor = 60, autovacuum_vacuum_cost_limit = 40, toast_tuple_target = 8160);
CREATE INDEX figures_of_others ON effreg.figures (subject, period) WHERE subject LIKE 'region/%';
-- A row of a few dozen figures is written again and again: to compress it each time costs more than its kilobyte.
ALTER TABLE effreg.figures
    ALTER figures SET STORAGE MAIN,
    ALTER region_id SET STATISTICS 10, ALTER subject SET STATISTICS 10, ALTER period SET STATISTICS 10, ALTER figures SET STATISTICS 0;
COMMENT ON TABLE effreg.figures IS 'Indicators as known at the metrics cursor of the region; no row, or no figure in it: nothing was counted';
COMMENT ON COLUMN effreg.figures.region_id IS 'OKTMO code of the region whose events say so';
COMMENT ON COLUMN effreg.figures.subject IS 'Empty = the region; authority/ID; region/OKTMO = what is said here of another region, to be added up over all that say it';
COMMENT ON COLUMN effreg.figures.period IS 'A month, quarter, half or year: 2023-09, 2023-Q3, 2023-H2, 2023; of an authority years alone';
COMMENT ON COLUMN effreg.figures.figures IS '{code of the indicator: "numerator denominator observations value"}, exact; without a value: missing';

CREATE VIEW effreg.figure AS
    SELECT figures.region_id, figures.subject, figures.period, one.key COLLATE pg_catalog."C" AS code,
        pg_catalog.split_part(one.value, ' ', 1)::numeric AS numerator, pg_catalog.split_part(one.value, ' ', 2)::numeric AS denominator,
        pg_catalog.split_part(one.value, ' ', 3)::bigint AS observations, NULLIF(pg_catalog.split_part(one.value, ' ', 4), '')::numeric AS value
    FROM effreg.figures CROSS JOIN LATERAL pg_catalog.jsonb_each_text(figures.figures) AS one;
COMMENT ON VIEW effreg.figure IS 'effreg.figures, one figure a row';
COMMENT ON COLUMN effreg.figure.region_id IS 'As in effreg.figures';
COMMENT ON COLUMN effreg.figure.subject IS 'As in effreg.figures';
COMMENT ON COLUMN effreg.figure.period IS 'As in effreg.figures';
COMMENT ON COLUMN effreg.figure.code IS 'The indicator';
COMMENT ON COLUMN effreg.figure.numerator IS 'value is the scale of the definition times numerator over denominator';
COMMENT ON COLUMN effreg.figure.denominator IS '0 = missing; of a median 1, or 2 for the mean of the two middle ones';
COMMENT ON COLUMN effreg.figure.observations IS 'How many things were looked at';
COMMENT ON COLUMN effreg.figure.value IS 'Rounded half to even to six places; NULL = missing';

GRANT SELECT, INSERT, UPDATE, DELETE ON effreg.figures TO effreg_metrics;
GRANT SELECT ON effreg.figures TO effreg_ranking, effreg_ops;
GRANT SELECT ON effreg.figure TO effreg_metrics, effreg_ranking, effreg_ops;

INSERT INTO effreg.figures (region_id, subject, period, figures)
    SELECT region_id, subject, period, pg_catalog.jsonb_object_agg(code, pg_catalog.concat_ws(' ', numerator, denominator, observations, value))
    FROM effreg.indicator_value GROUP BY region_id, subject, period;

-- During a rolling upgrade a ranking of the version before reads the old table, and a metrics of that version writes it. A metrics of this
-- version makes all figures of a region anew when the last record of its metric stream does not say "table": "figures". A later
-- migration drops the table.
COMMENT ON TABLE effreg.indicator_value IS 'Figures before migration 20, for services that are not yet upgraded: see effreg.figures';
COMMENT ON COLUMN effreg.metric.body IS '{"event_seq": reached, "table": "figures" (where they are kept), "changed": [{"period", "codes": [...]}] of the region itself, "subjects": [periods in which a figure of a body or of another region changed]}';

-- An entity's attributes are packed and unpacked with every event that concerns it; lz4 takes a tenth of the time. A server without it
-- goes on as before.
DO $$
BEGIN
    ALTER TABLE effreg.entity ALTER attributes SET COMPRESSION lz4;
    ALTER TABLE effreg.entity_rebuild ALTER attributes SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    RAISE NOTICE 'this server has no lz4: entities stay compressed by pglz';
END
$$;
