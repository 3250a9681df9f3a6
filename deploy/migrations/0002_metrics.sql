-- What metrics knows of each region, and the indicator values computed from it.
--
-- A fact carries where it comes from: <fact>_time, _source, _sequence (0 = the source does not number) and _id are the
-- place of its event in the order of events; all four NULL = not known yet. Written by metrics only, in the turn that
-- moves its cursor, and rebuilt from the log at will.

CREATE TABLE effreg.region_state (
    region_id       text PRIMARY KEY REFERENCES effreg.region,
    joined_time     timestamptz,
    joined_source   text,
    joined_sequence numeric(20),
    joined_id       uuid,
    joined_on       date,
    year_first      smallint,
    year_last       smallint
);
COMMENT ON TABLE effreg.region_state IS 'What is known of a region itself';
COMMENT ON COLUMN effreg.region_state.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.region_state.joined_time IS 'Time of the event that says when the region joined';
COMMENT ON COLUMN effreg.region_state.joined_source IS 'Source of that event';
COMMENT ON COLUMN effreg.region_state.joined_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.region_state.joined_id IS 'Its id';
COMMENT ON COLUMN effreg.region_state.joined_on IS 'When the region joined the programme';
COMMENT ON COLUMN effreg.region_state.year_first IS 'First year any event placed a counted fact in; NULL = none yet';
COMMENT ON COLUMN effreg.region_state.year_last IS 'Last such year: indicators are computed for these years';

CREATE TABLE effreg.project (
    region_id       text NOT NULL REFERENCES effreg.region,
    project         text NOT NULL,
    state           text NOT NULL,
    opened_time     timestamptz,
    opened_source   text,
    opened_sequence numeric(20),
    opened_id       uuid,
    authorities     text[] NOT NULL,
    digital         boolean NOT NULL,
    independent     boolean NOT NULL,
    stage           smallint NOT NULL CHECK (stage BETWEEN 0 AND 5),
    closed_time     timestamptz,
    closed_source   text,
    closed_sequence numeric(20),
    closed_id       uuid,
    PRIMARY KEY (region_id, project)
);
COMMENT ON TABLE effreg.project IS 'Projects as far as events tell';
COMMENT ON COLUMN effreg.project.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.project.project IS 'Id of the project within the region';
COMMENT ON COLUMN effreg.project.state IS 'announced (not opened yet), opened, diagnosis, implementation, closing, closed, monitoring';
COMMENT ON COLUMN effreg.project.opened_time IS 'When the project was opened; NULL = not known: counted nowhere';
COMMENT ON COLUMN effreg.project.opened_source IS 'Source of the event that opened it';
COMMENT ON COLUMN effreg.project.opened_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.project.opened_id IS 'Its id';
COMMENT ON COLUMN effreg.project.authorities IS 'Authorities that take part, the owner first; two or more: interdepartmental';
COMMENT ON COLUMN effreg.project.digital IS 'With digitalisation';
COMMENT ON COLUMN effreg.project.independent IS 'Without the support of a partner';
COMMENT ON COLUMN effreg.project.stage IS 'The furthest stage started, 1 to 5; 0 = none known';
COMMENT ON COLUMN effreg.project.closed_time IS 'When the project was closed; NULL = not known';
COMMENT ON COLUMN effreg.project.closed_source IS 'Source of the event that closed it';
COMMENT ON COLUMN effreg.project.closed_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.project.closed_id IS 'Its id';

CREATE TABLE effreg.project_indicator (
    region_id         text NOT NULL,
    project           text NOT NULL,
    indicator         text NOT NULL,
    planned_time      timestamptz,
    planned_source    text,
    planned_sequence  numeric(20),
    planned_id        uuid,
    base_unit         text,
    base              numeric,
    measured_time     timestamptz,
    measured_source   text,
    measured_sequence numeric(20),
    measured_id       uuid,
    measured_on       date,
    actual_unit       text,
    actual            numeric,
    PRIMARY KEY (region_id, project, indicator),
    FOREIGN KEY (region_id, project) REFERENCES effreg.project
);
COMMENT ON TABLE effreg.project_indicator IS 'Base and latest measurement of each indicator of a project';
COMMENT ON COLUMN effreg.project_indicator.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.project_indicator.project IS 'Id of the project within the region';
COMMENT ON COLUMN effreg.project_indicator.indicator IS 'lead_time, labour, errors, ...';
COMMENT ON COLUMN effreg.project_indicator.planned_time IS 'Time of the event with the plan; NULL = no plan known';
COMMENT ON COLUMN effreg.project_indicator.planned_source IS 'Source of that event';
COMMENT ON COLUMN effreg.project_indicator.planned_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.project_indicator.planned_id IS 'Its id';
COMMENT ON COLUMN effreg.project_indicator.base_unit IS 'Unit of base';
COMMENT ON COLUMN effreg.project_indicator.base IS 'Value before the project';
COMMENT ON COLUMN effreg.project_indicator.measured_time IS 'Time of the event with the latest measurement; NULL = none known';
COMMENT ON COLUMN effreg.project_indicator.measured_source IS 'Source of that event';
COMMENT ON COLUMN effreg.project_indicator.measured_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.project_indicator.measured_id IS 'Its id';
COMMENT ON COLUMN effreg.project_indicator.measured_on IS 'When it was measured';
COMMENT ON COLUMN effreg.project_indicator.actual_unit IS 'Unit of actual';
COMMENT ON COLUMN effreg.project_indicator.actual IS 'Value of the latest measurement';

CREATE TABLE effreg.authority (
    region_id           text NOT NULL REFERENCES effreg.region,
    authority           text NOT NULL,
    registered_time     timestamptz NOT NULL,
    registered_source   text NOT NULL,
    registered_sequence numeric(20) NOT NULL,
    registered_id       uuid NOT NULL,
    registered_on       date NOT NULL,
    PRIMARY KEY (region_id, authority)
);
COMMENT ON TABLE effreg.authority IS 'Registered authorities and institutions';
COMMENT ON COLUMN effreg.authority.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.authority.authority IS 'Id of the authority within the region';
COMMENT ON COLUMN effreg.authority.registered_time IS 'Time of the event that registered it';
COMMENT ON COLUMN effreg.authority.registered_source IS 'Source of that event';
COMMENT ON COLUMN effreg.authority.registered_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.authority.registered_id IS 'Its id';
COMMENT ON COLUMN effreg.authority.registered_on IS 'Since when it is registered';

CREATE TABLE effreg.headcount (
    region_id         text NOT NULL REFERENCES effreg.region,
    authority         text NOT NULL,
    as_of             date NOT NULL,
    reported_time     timestamptz NOT NULL,
    reported_source   text NOT NULL,
    reported_sequence numeric(20) NOT NULL,
    reported_id       uuid NOT NULL,
    civil_servants    bigint NOT NULL CHECK (civil_servants >= 0),
    PRIMARY KEY (region_id, authority, as_of)
);
COMMENT ON TABLE effreg.headcount IS 'Reported numbers of civil servants';
COMMENT ON COLUMN effreg.headcount.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.headcount.authority IS 'Id of the authority; empty = the whole region';
COMMENT ON COLUMN effreg.headcount.as_of IS 'The day the number stands for';
COMMENT ON COLUMN effreg.headcount.reported_time IS 'Time of the event that reports it';
COMMENT ON COLUMN effreg.headcount.reported_source IS 'Source of that event';
COMMENT ON COLUMN effreg.headcount.reported_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.headcount.reported_id IS 'Its id';
COMMENT ON COLUMN effreg.headcount.civil_servants IS 'How many';

CREATE TABLE effreg.training (
    region_id          text NOT NULL REFERENCES effreg.region,
    training           text NOT NULL,
    completed_time     timestamptz NOT NULL,
    completed_source   text NOT NULL,
    completed_sequence numeric(20) NOT NULL,
    completed_id       uuid NOT NULL,
    completed_on       date NOT NULL,
    people             bigint NOT NULL CHECK (people > 0),
    PRIMARY KEY (region_id, training)
);
COMMENT ON TABLE effreg.training IS 'Completed trainings';
COMMENT ON COLUMN effreg.training.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.training.training IS 'Id of the training within the region';
COMMENT ON COLUMN effreg.training.completed_time IS 'Time of the event that reports it';
COMMENT ON COLUMN effreg.training.completed_source IS 'Source of that event';
COMMENT ON COLUMN effreg.training.completed_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.training.completed_id IS 'Its id';
COMMENT ON COLUMN effreg.training.completed_on IS 'When the training was completed';
COMMENT ON COLUMN effreg.training.people IS 'How many were trained';

CREATE TABLE effreg.practice (
    region_id          text NOT NULL REFERENCES effreg.region,
    practice           text NOT NULL,
    published_time     timestamptz NOT NULL,
    published_source   text NOT NULL,
    published_sequence numeric(20) NOT NULL,
    published_id       uuid NOT NULL,
    PRIMARY KEY (region_id, practice)
);
COMMENT ON TABLE effreg.practice IS 'Published practices';
COMMENT ON COLUMN effreg.practice.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.practice.practice IS 'Id of the practice within the region';
COMMENT ON COLUMN effreg.practice.published_time IS 'When it was published';
COMMENT ON COLUMN effreg.practice.published_source IS 'Source of the event that says so';
COMMENT ON COLUMN effreg.practice.published_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.practice.published_id IS 'Its id';

CREATE TABLE effreg.indicator_value (
    region_id    text NOT NULL REFERENCES effreg.region,
    period       text NOT NULL,
    code         text NOT NULL,
    numerator    numeric NOT NULL,
    denominator  numeric NOT NULL,
    observations bigint NOT NULL,
    value        numeric,
    as_of_seq    bigint NOT NULL,
    PRIMARY KEY (region_id, period, code)
);
COMMENT ON TABLE effreg.indicator_value IS 'Indicators of each region and period as known now';
COMMENT ON COLUMN effreg.indicator_value.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.indicator_value.period IS 'The period: a year, "2023"';
COMMENT ON COLUMN effreg.indicator_value.code IS 'The indicator';
COMMENT ON COLUMN effreg.indicator_value.numerator IS 'value is a scale (1, 100, 1000) times numerator over denominator';
COMMENT ON COLUMN effreg.indicator_value.denominator IS '0 = missing; of a median 1, or 2 for the mean of the two middle ones';
COMMENT ON COLUMN effreg.indicator_value.observations IS 'How many projects, reductions, trainings or practices were looked at';
COMMENT ON COLUMN effreg.indicator_value.value IS 'Rounded half to even to six places; NULL = missing';
COMMENT ON COLUMN effreg.indicator_value.as_of_seq IS 'Sequence number of the log at which the value became this';

GRANT SELECT, INSERT, UPDATE ON effreg.region_state, effreg.project, effreg.project_indicator, effreg.authority,
    effreg.headcount, effreg.training, effreg.practice, effreg.indicator_value TO effreg_metrics;
GRANT SELECT ON effreg.indicator_value TO effreg_ranking;
GRANT SELECT ON effreg.region_state, effreg.project, effreg.project_indicator, effreg.authority,
    effreg.headcount, effreg.training, effreg.practice, effreg.indicator_value TO effreg_ops;
