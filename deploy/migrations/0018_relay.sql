-- A notice is sent by the notify that takes it, to the subscribers of its own feed; the other ones send it on to theirs, and look for it
-- by when it was sent.
CREATE INDEX notice_sent ON effreg.notice (sent_time, region_id, id) WHERE sent_time IS NOT NULL;
