-- Accounts whose runtime fetches what it should run, and tells what it runs. Of other accounts the
-- word of `attachment` counts alone. `last_seen_at` moves in steps, so that asking is no write.
-- `sequence`: of the newest report.
CREATE TABLE agent (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    first_seen_at TEXT NOT NULL CHECK (first_seen_at GLOB '????-??-??T??:??:??.??????Z'),
    last_seen_at TEXT NOT NULL CHECK (last_seen_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

CREATE INDEX agent_by_silence ON agent (last_seen_at);

-- What an account's runtime said last of an attachment; `reported_at` NULL: nothing yet. `version`
-- NULL: it does not run it. `digest`: of what it says it laid out, `verified` when that was what the
-- attachment should run then. `behind_since`: of the difference to what it should run, as last
-- looked at; NULL without one. `told`: an event tells that the difference is overdue.
CREATE TABLE report (
    account_id INTEGER NOT NULL REFERENCES account (id),
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    instance TEXT NOT NULL,
    version TEXT,
    digest TEXT,
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
    failure TEXT,
    reported_at TEXT CHECK (reported_at GLOB '????-??-??T??:??:??.??????Z'),
    behind_since TEXT CHECK (behind_since GLOB '????-??-??T??:??:??.??????Z'),
    told INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1)),
    PRIMARY KEY (account_id, pack_id, instance),
    CHECK (reported_at IS NOT NULL OR coalesce(version, digest, failure) IS NULL),
    CHECK (behind_since IS NOT NULL OR told = 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_behind ON report (behind_since) WHERE behind_since IS NOT NULL;
