-- From when on an account's adoption counts: NULL for at once, else its maintenance slot.
ALTER TABLE attachment ADD COLUMN adopt_at TEXT
    CHECK (
        adopt_at IS NULL
        OR (adopt_at GLOB '????-??-??T??:??:??.??????Z' AND adopt_requested IS NOT NULL)
    );

CREATE INDEX attachment_slot ON attachment (pack_id, adopt_at) WHERE adopt_at IS NOT NULL;
