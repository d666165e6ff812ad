-- As reconciler/store/migrations/0008_reading.sql.
ALTER TABLE event ADD COLUMN kind TEXT COLLATE "C";
ALTER TABLE event DISABLE TRIGGER event_is_never_changed;

UPDATE event SET kind = content::json ->> 'kind';

ALTER TABLE event ENABLE TRIGGER event_is_never_changed;

CREATE INDEX event_by_kind ON event (kind);
CREATE INDEX event_by_pack_and_kind ON event (pack, kind) WHERE pack IS NOT NULL;
CREATE INDEX event_of_pack ON event (pack) WHERE pack IS NOT NULL AND account IS NULL;
