-- Accounts whose runtime fetches what it should run, and tells what it runs. Of other accounts the
-- word of `attachment` counts alone.
CREATE TABLE agent (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    name TEXT NOT NULL,
    first_seen_at TEXT NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??.??????Z'),
    last_seen_at TEXT NOT NULL CHECK (last_seen_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

-- What an account's runtime said last of an attachment. `version` NULL: it does not run it.
-- `digest`: of the bundle that it verified. `overdue_told`: the time of the drift that an event
-- tells of.
CREATE TABLE report (
    account_id INTEGER NOT NULL REFERENCES account (id),
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    instance TEXT NOT NULL,
    version TEXT,
    digest TEXT,
    failure TEXT,
    reported_at TEXT NOT NULL CHECK (reported_at GLOB '????-??-??T??:??:??.??????Z'),
    overdue_told TEXT CHECK (overdue_told GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (account_id, pack_id, instance)
) STRICT, WITHOUT ROWID;
