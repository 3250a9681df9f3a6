-- What metrics knows of each region, remade: the log is the only memory of what was said. Of every thing a row keeps the numbers of the
-- events that speak of it and what they fold to; indicators of every period and body are rows; what an indicator is, is data.
--
-- Rows come by the ten thousand, and the region of each is that of a log: as in effreg.event, no foreign key asks for it row by row.
-- Made again from the log: metrics begins at its first event, and rows that come out the same need no other care.

DROP TABLE effreg.fact, effreg.region_state, effreg.project_indicator, effreg.project, effreg.authority, effreg.headcount,
    effreg.training, effreg.practice, effreg.indicator_value;
UPDATE effreg.cursor SET seq = 0, updated_time = pg_catalog.clock_timestamp() WHERE consumer = 'metrics' AND stream = 'event';

CREATE TABLE effreg.entity (
    region_id  text NOT NULL,
    kind       text NOT NULL,
    entity     text NOT NULL,
    seqs       bigint[] NOT NULL,
    attributes json NOT NULL,
    PRIMARY KEY (region_id, kind, entity)
);
COMMENT ON TABLE effreg.entity IS 'Every thing that events speak of (a project, an instruction, ...) as they fold to now; kind source: what each CloudEvents source has sent';
COMMENT ON COLUMN effreg.entity.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.entity.kind IS 'project, authority, practice, ... as definitions of indicators name it';
COMMENT ON COLUMN effreg.entity.entity IS 'Its id within the region';
COMMENT ON COLUMN effreg.entity.seqs IS 'Log numbers of the events that speak of it and of the corrections of these, ascending';
COMMENT ON COLUMN effreg.entity.attributes IS 'What the events in effect say; {} = none of them is in effect';

CREATE TABLE effreg.correction (
    region_id text NOT NULL,
    target    uuid NOT NULL,
    seqs      bigint[] NOT NULL,
    PRIMARY KEY (region_id, target)
);
COMMENT ON TABLE effreg.correction IS 'What corrects or withdraws an event, which may come before it';
COMMENT ON COLUMN effreg.correction.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.correction.target IS 'Id of the event';
COMMENT ON COLUMN effreg.correction.seqs IS 'Log numbers of its corrections and withdrawals, ascending';

CREATE TABLE effreg.indicator_value (
    region_id    text NOT NULL,
    subject      text NOT NULL,
    period       text NOT NULL,
    code         text NOT NULL,
    numerator    numeric NOT NULL,
    denominator  numeric NOT NULL,
    observations bigint NOT NULL,
    value        numeric,
    PRIMARY KEY (region_id, subject, code, period)
);
CREATE INDEX indicator_value_of_others ON effreg.indicator_value (subject, period, code) WHERE subject LIKE 'region/%';
COMMENT ON INDEX effreg.indicator_value_of_others IS 'For those who add up what others tell of a region: their question says LIKE ''region/%'' too';
COMMENT ON TABLE effreg.indicator_value IS 'Indicators as known at the metrics cursor of the region; no row: nothing was counted';
COMMENT ON COLUMN effreg.indicator_value.region_id IS 'OKTMO code of the region whose events say so';
COMMENT ON COLUMN effreg.indicator_value.subject IS 'Empty = the region; authority/ID; region/OKTMO = what is said here of another region, to be added up over all that say it';
COMMENT ON COLUMN effreg.indicator_value.period IS 'A month, quarter, half or year: 2023-09, 2023-Q3, 2023-H2, 2023; of an authority years alone';
COMMENT ON COLUMN effreg.indicator_value.code IS 'The indicator';
COMMENT ON COLUMN effreg.indicator_value.numerator IS 'value is the scale of the definition times numerator over denominator';
COMMENT ON COLUMN effreg.indicator_value.denominator IS '0 = missing; of a median 1, or 2 for the mean of the two middle ones';
COMMENT ON COLUMN effreg.indicator_value.observations IS 'How many things were looked at';
COMMENT ON COLUMN effreg.indicator_value.value IS 'Rounded half to even to six places; NULL = missing';

CREATE TABLE effreg.region_horizon (
    region_id   text PRIMARY KEY REFERENCES effreg.region,
    month_first text,
    month_last  text,
    definitions text NOT NULL
);
COMMENT ON TABLE effreg.region_horizon IS 'Which months the log of a region speaks of: within them a number of things without a row is 0';
COMMENT ON COLUMN effreg.region_horizon.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.region_horizon.month_first IS 'First month of any event or of the date it is about; NULL = none yet';
COMMENT ON COLUMN effreg.region_horizon.month_last IS 'December of the last such year, at most one after the year of recording: stocks are rows up to here';
COMMENT ON COLUMN effreg.region_horizon.definitions IS 'Digest of the definitions that the values of the region follow';

CREATE TABLE effreg.indicator_definitions (
    digest      text PRIMARY KEY,
    body        text NOT NULL,
    loaded_time timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE effreg.indicator_definitions IS 'Files of definitions; the one loaded last is in force';
COMMENT ON COLUMN effreg.indicator_definitions.digest IS 'SHA-256 of the file, hex';
COMMENT ON COLUMN effreg.indicator_definitions.body IS 'The file, byte for byte';
COMMENT ON COLUMN effreg.indicator_definitions.loaded_time IS 'When a metrics service last put it in force';

CREATE TABLE effreg.indicator (
    code           text PRIMARY KEY,
    place          integer NOT NULL,
    absent_is_zero boolean NOT NULL,
    of_others      boolean NOT NULL,
    definition     json NOT NULL
);
COMMENT ON TABLE effreg.indicator IS 'The definitions in force, one by one';
COMMENT ON COLUMN effreg.indicator.code IS 'The indicator';
COMMENT ON COLUMN effreg.indicator.place IS 'Its place in the file';
COMMENT ON COLUMN effreg.indicator.absent_is_zero IS 'No row within the horizon means 0: a number of things; else it means that nothing is known';
COMMENT ON COLUMN effreg.indicator.of_others IS 'Told of the region it names by all others: its value is the sum over subject region/OKTMO';
COMMENT ON COLUMN effreg.indicator.definition IS 'The definition: titles, unit, direction, source, filter, measure';

-- Where a rebuild puts a region before it takes the place of the live one. Values are made in the swap itself.
CREATE TABLE effreg.entity_rebuild (LIKE effreg.entity INCLUDING ALL);
CREATE TABLE effreg.correction_rebuild (LIKE effreg.correction INCLUDING ALL);
CREATE TABLE effreg.region_horizon_rebuild (LIKE effreg.region_horizon INCLUDING ALL);
COMMENT ON TABLE effreg.entity_rebuild IS 'effreg.entity of a rebuild under way';
COMMENT ON TABLE effreg.correction_rebuild IS 'effreg.correction of a rebuild under way';
COMMENT ON TABLE effreg.region_horizon_rebuild IS 'effreg.region_horizon of a rebuild under way';

GRANT SELECT, INSERT, UPDATE, DELETE ON effreg.entity, effreg.correction, effreg.indicator_value, effreg.region_horizon,
    effreg.indicator_definitions, effreg.indicator, effreg.entity_rebuild, effreg.correction_rebuild,
    effreg.region_horizon_rebuild TO effreg_metrics;
GRANT SELECT ON effreg.entity, effreg.indicator_value, effreg.region_horizon, effreg.indicator TO effreg_ranking;
GRANT SELECT ON effreg.entity, effreg.correction, effreg.indicator_value, effreg.region_horizon, effreg.indicator_definitions,
    effreg.indicator, effreg.entity_rebuild, effreg.correction_rebuild, effreg.region_horizon_rebuild TO effreg_ops;

COMMENT ON COLUMN effreg.metric.body IS '{"event_seq": reached, "changed": [{"period", "codes": [...]}] of the region itself, "subjects": [periods in which a figure of a body or of another region changed]}';
