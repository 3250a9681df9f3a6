-- Every event as metrics knows it, with the correction or withdrawal that holds for it. From these rows all else that is
-- known of a region is folded: the tables of 0002 become what follows from them, and a row that nothing speaks of any
-- more is deleted there.

CREATE TABLE effreg.fact (
    region_id        text NOT NULL REFERENCES effreg.region,
    id               uuid NOT NULL,
    kind             text,
    entity           text,
    in_effect        boolean NOT NULL,
    type             text,
    own_time         timestamptz,
    own_source       text,
    own_sequence     numeric(20),
    data             json,
    changed_type     text,
    changed_time     timestamptz,
    changed_source   text,
    changed_sequence numeric(20),
    changed_id       uuid,
    changed_data     json,
    PRIMARY KEY (region_id, id)
);
CREATE INDEX fact_entity ON effreg.fact (region_id, kind, entity, own_time);
COMMENT ON TABLE effreg.fact IS 'What each event says, and what corrects it';
COMMENT ON COLUMN effreg.fact.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.fact.id IS 'Id of the event; the row exists before the event when its correction came first';
COMMENT ON COLUMN effreg.fact.kind IS 'Kind of what it speaks of: project, mentor, instruction, ...; NULL = it has not come, or is withdrawn';
COMMENT ON COLUMN effreg.fact.entity IS 'Id of what it speaks of; a project indicator as project/indicator, a headcount as authority/date';
COMMENT ON COLUMN effreg.fact.in_effect IS 'It has come and is not withdrawn';
COMMENT ON COLUMN effreg.fact.type IS 'Type of the event; NULL = it has not come yet';
COMMENT ON COLUMN effreg.fact.own_time IS 'When it happened';
COMMENT ON COLUMN effreg.fact.own_source IS 'Source of the event';
COMMENT ON COLUMN effreg.fact.own_sequence IS 'Its number in the source; 0 = the source does not number';
COMMENT ON COLUMN effreg.fact.data IS 'Its own data, as canonical JSON';
COMMENT ON COLUMN effreg.fact.changed_type IS 'The type that the correction means; another than type: it has no effect';
COMMENT ON COLUMN effreg.fact.changed_time IS 'Time of the correction or withdrawal that holds; NULL = none';
COMMENT ON COLUMN effreg.fact.changed_source IS 'Its source';
COMMENT ON COLUMN effreg.fact.changed_sequence IS 'Its number in the source';
COMMENT ON COLUMN effreg.fact.changed_id IS 'Its id';
COMMENT ON COLUMN effreg.fact.changed_data IS 'What takes the place of data; NULL with a changed_id = withdrawn';

COMMENT ON COLUMN effreg.project.state IS 'draft, approval, rework, dropped (counted nowhere), opened, diagnosis, implementation, closing, on_hold, reopened (active), closed, monitoring, stable (completed), cancelled';
COMMENT ON COLUMN effreg.project.stage IS 'The furthest stage started since the opening or reopening; 0 = none known';
COMMENT ON COLUMN effreg.project.closed_time IS 'When the project was closed; NULL = not closed, or reopened since';

GRANT SELECT, INSERT, UPDATE ON effreg.fact TO effreg_metrics;
GRANT DELETE ON effreg.project, effreg.project_indicator, effreg.authority, effreg.headcount, effreg.training,
    effreg.practice TO effreg_metrics;
GRANT SELECT ON effreg.fact TO effreg_ops;

-- Facts are read from the log again, from its beginning; values that come out the same are left alone.
DELETE FROM effreg.project_indicator;
DELETE FROM effreg.project;
DELETE FROM effreg.authority;
DELETE FROM effreg.headcount;
DELETE FROM effreg.training;
DELETE FROM effreg.practice;
UPDATE effreg.cursor SET seq = 0 WHERE consumer = 'metrics' AND stream = 'event';
