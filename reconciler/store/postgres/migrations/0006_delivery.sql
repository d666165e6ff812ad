-- As reconciler/store/migrations/0006_delivery.sql.
CREATE TABLE agent (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    name TEXT NOT NULL,
    sequence BIGINT NOT NULL DEFAULT 0 CHECK (sequence >= 0),
    first_seen_at instant NOT NULL,
    last_seen_at instant NOT NULL
);

CREATE INDEX agent_by_silence ON agent (last_seen_at);

CREATE TABLE report (
    account_id INTEGER NOT NULL REFERENCES account (id),
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    instance TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C",
    digest TEXT COLLATE "C",
    verified BOOLEAN NOT NULL,
    failure TEXT,
    reported_at instant,
    behind_since instant,
    told BOOLEAN NOT NULL DEFAULT FALSE,
    PRIMARY KEY (account_id, pack_id, instance),
    CHECK (reported_at IS NOT NULL OR coalesce(version, digest, failure) IS NULL),
    CHECK (behind_since IS NOT NULL OR NOT told)
);

CREATE INDEX report_behind ON report (behind_since) WHERE behind_since IS NOT NULL;
