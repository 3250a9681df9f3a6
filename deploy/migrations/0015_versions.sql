-- Trainings tell civil servants from the staff of institutions (effreg.training.completed.v2), and those told before are read in the
-- words of the new version: metrics begins at its first event again.

TRUNCATE effreg.entity, effreg.correction, effreg.region_horizon, effreg.indicator_value;
UPDATE effreg.cursor SET seq = 0, updated_time = pg_catalog.clock_timestamp() WHERE consumer = 'metrics' AND stream = 'event';
