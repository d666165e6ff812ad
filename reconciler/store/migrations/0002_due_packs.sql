-- When a pack may change by itself next, so that a pass finds the packs that are due, and the next
-- instant, without looking at the others. The complete pass that follows fills it in: rules of zones
-- that are not the program's make the next pass a complete one.
ALTER TABLE pack ADD COLUMN due_at TEXT CHECK (due_at GLOB '????-??-??T??:??:??.??????Z');

CREATE INDEX pack_due ON pack (due_at) WHERE due_at IS NOT NULL;

UPDATE applied SET zone_rules = '';
