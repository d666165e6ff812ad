-- As reconciler/store/migrations/0004_slots.sql.
ALTER TABLE attachment ADD COLUMN adopt_at instant;

CREATE INDEX attachment_slot ON attachment (pack_id, adopt_at) WHERE adopt_at IS NOT NULL;
