-- As reconciler/store/migrations/0002_due_packs.sql.
ALTER TABLE pack ADD COLUMN due_at instant;

CREATE INDEX pack_due ON pack (due_at) WHERE due_at IS NOT NULL;

UPDATE applied SET zone_rules = '';
