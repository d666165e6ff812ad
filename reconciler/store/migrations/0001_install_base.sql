-- The install base. Times are UTC texts of fixed width (2026-11-22T15:03:20.000000Z), days are
-- YYYY-MM-DD, flags are 0 or 1. Packs, accounts and releases are referred to by number, so that a
-- rename changes one row.

CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    store_id TEXT NOT NULL,
    rehearsal INTEGER NOT NULL CHECK (rehearsal IN (0, 1)),
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

-- `refusals`: the number of the newest refusal when the revision came into force.
CREATE TABLE applied (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    revision TEXT NOT NULL,
    applied_at TEXT NOT NULL CHECK (applied_at GLOB '????-??-??T??:??:??.??????Z'),
    passed_at TEXT NOT NULL CHECK (passed_at GLOB '????-??-??T??:??:??.??????Z'),
    settled INTEGER NOT NULL CHECK (settled IN (0, 1)),
    gated INTEGER NOT NULL CHECK (gated IN (0, 1)),
    next_due TEXT CHECK (next_due GLOB '????-??-??T??:??:??.??????Z'),
    zone_rules TEXT NOT NULL,
    refusals INTEGER NOT NULL
) STRICT;

CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    token INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    since TEXT NOT NULL,
    renewed_at TEXT NOT NULL
) STRICT;

CREATE TABLE refusal (
    number INTEGER PRIMARY KEY,
    revision TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    UNIQUE (revision, reason)
) STRICT;

-- The declarations of the applied revision.
CREATE TABLE declaration (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE component (
    component TEXT NOT NULL,
    version TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (component, version)
) STRICT, WITHOUT ROWID;

-- Every account that was ever seen.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    suspended INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1))
) STRICT;

CREATE INDEX account_suspended ON account (id) WHERE suspended = 1;

CREATE TABLE pack (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    mode TEXT NOT NULL CHECK (mode IN ('single', 'multiple')),
    deployment TEXT NOT NULL CHECK (deployment IN ('packaged', 'legacy')),
    declared INTEGER NOT NULL CHECK (declared IN (0, 1)),
    current_id INTEGER,
    pending_id INTEGER,
    testing_period INTEGER NOT NULL DEFAULT 0 CHECK (testing_period >= 0),
    UNIQUE (id, mode),
    CHECK (current_id <> pending_id),
    FOREIGN KEY (id, current_id) REFERENCES release (pack_id, id),
    FOREIGN KEY (id, pending_id) REFERENCES release (pack_id, id)
) STRICT;

-- `sort_key` sorts, byte by byte, in SemVer precedence. `body`: the release without pack and version.
CREATE TABLE release (
    id INTEGER PRIMARY KEY,
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    version TEXT NOT NULL,
    sort_key TEXT NOT NULL,
    body TEXT NOT NULL,
    declared INTEGER NOT NULL CHECK (declared IN (0, 1)),
    accepted_at TEXT NOT NULL CHECK (accepted_at GLOB '????-??-??T??:??:??.??????Z'),
    promoted_at TEXT CHECK (promoted_at GLOB '????-??-??T??:??:??.??????Z'),
    current_at TEXT CHECK (current_at GLOB '????-??-??T??:??:??.??????Z'),
    opens_at TEXT CHECK (opens_at GLOB '????-??-??T??:??:??.??????Z'),
    UNIQUE (pack_id, version),
    UNIQUE (pack_id, sort_key),
    UNIQUE (pack_id, id)
) STRICT;

-- A pack's rows lie together in the order of their accounts: a roll-out walks them in ranges.
-- There is no index on release_id, the column that every release changes. `mode` repeats the pack's
-- so that the database itself holds: one row per single pack and account, named ones otherwise.
CREATE TABLE attachment (
    pack_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id),
    instance TEXT NOT NULL,
    mode TEXT NOT NULL,
    release_id INTEGER,
    origin TEXT NOT NULL CHECK (origin IN ('manifest', 'automatic', 'account')),
    entitled INTEGER NOT NULL CHECK (entitled IN (0, 1)),
    declared TEXT,
    requested TEXT,
    adopt_declared TEXT,
    adopt_requested TEXT,
    adopted_in INTEGER,
    hold_until TEXT CHECK (hold_until GLOB '????-??-??'),
    hold_reason TEXT,
    updated_at TEXT NOT NULL CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z'),
    PRIMARY KEY (pack_id, account_id, instance),
    CHECK ((mode = 'single') = (instance = '')),
    FOREIGN KEY (pack_id, mode) REFERENCES pack (id, mode),
    FOREIGN KEY (pack_id, release_id) REFERENCES release (pack_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX attachment_by_account ON attachment (account_id);

CREATE TABLE template_copy (
    account_id INTEGER NOT NULL REFERENCES account (id),
    component TEXT NOT NULL,
    version TEXT NOT NULL,
    copied_at TEXT NOT NULL CHECK (copied_at GLOB '????-??-??T??:??:??.??????Z'),
    actor TEXT NOT NULL,
    PRIMARY KEY (account_id, component)
) STRICT, WITHOUT ROWID;

-- What it refers to comes from rows whose references were checked and is never deleted; checking it
-- again would cost a roll-out four look-ups a row. `store check` looks.
CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    pack_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    instance TEXT NOT NULL,
    before_id INTEGER,
    after_id INTEGER,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    revision TEXT,
    at TEXT NOT NULL
) STRICT;

CREATE INDEX history_by_pack ON history (pack_id);
CREATE INDEX history_by_account ON history (account_id);

-- `digest`: SHA-256 over `previous` and `content`. What is searched by stands beside the content;
-- `store check` compares them.
CREATE TABLE event (
    number INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    pack TEXT,
    account TEXT,
    content TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
) STRICT;

CREATE INDEX event_by_pack ON event (pack) WHERE pack IS NOT NULL;
CREATE INDEX event_by_account ON event (account) WHERE account IS NOT NULL;
CREATE INDEX event_by_time ON event (at);

-- Where the chain ends, so that a missing last event is seen too.
CREATE TABLE chain_end (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    number INTEGER NOT NULL,
    digest TEXT NOT NULL
) STRICT;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'events are never deleted');
END;
