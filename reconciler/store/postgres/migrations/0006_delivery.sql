-- As reconciler/store/migrations/0006_delivery.sql.
CREATE TABLE agent (
    account_id INTEGER PRIMARY KEY REFERENCES account (id),
    name TEXT NOT NULL,
    first_seen_at instant NOT NULL,
    last_seen_at instant NOT NULL
);

CREATE TABLE report (
    account_id INTEGER NOT NULL REFERENCES account (id),
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    instance TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C",
    digest TEXT COLLATE "C",
    failure TEXT,
    reported_at instant NOT NULL,
    overdue_told instant,
    PRIMARY KEY (account_id, pack_id, instance)
);
