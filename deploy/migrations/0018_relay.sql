-- A notice is sent by the notify that takes it, to the subscribers of its own feed; the other ones send it on to theirs, and look for it
-- by when it was sent.
CREATE INDEX notice_sent ON effreg.notice (sent_time, region_id, id) WHERE sent_time IS NOT NULL;

-- Of the log notify sees only what an event says of its trace: a notice carries it on.
CREATE VIEW effreg.event_trace AS SELECT region_id, seq, body->>'traceparent' AS traceparent FROM effreg.event;
COMMENT ON VIEW effreg.event_trace IS 'What each event says of the trace it belongs to';
COMMENT ON COLUMN effreg.event_trace.region_id IS 'OKTMO code';
COMMENT ON COLUMN effreg.event_trace.seq IS 'Sequence number of the event';
COMMENT ON COLUMN effreg.event_trace.traceparent IS 'Its traceparent (W3C Trace Context); NULL = it came without one';
GRANT SELECT ON effreg.event_trace TO effreg_notify, effreg_ops;
