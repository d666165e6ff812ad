-- Accounts whose rows of a pack could not be moved, for what is in them. A roll-out goes past them;
-- each pass tries them again. `told`: an event tells of this error.
CREATE TABLE set_aside (
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    told INTEGER NOT NULL CHECK (told IN (0, 1)),
    PRIMARY KEY (pack_id, account_id)
) STRICT, WITHOUT ROWID;
