-- As reconciler/store/migrations/0004_slots.sql.
ALTER TABLE attachment ADD COLUMN adopt_at instant
    CHECK (adopt_at IS NULL OR adopt_requested IS NOT NULL);

CREATE INDEX attachment_slot ON attachment (pack_id, adopt_at) WHERE adopt_at IS NOT NULL;
