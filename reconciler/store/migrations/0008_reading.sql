-- What lists of events are chosen by: the kind, as the content has it, and for an account the events
-- of its packs that are about no account.
DROP TRIGGER event_is_never_changed;

ALTER TABLE event ADD COLUMN kind TEXT;

UPDATE event SET kind = json_extract(content, '$.kind');

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE INDEX event_by_kind ON event (kind);
CREATE INDEX event_by_pack_and_kind ON event (pack, kind) WHERE pack IS NOT NULL;
CREATE INDEX event_of_pack ON event (pack) WHERE pack IS NOT NULL AND account IS NULL;
