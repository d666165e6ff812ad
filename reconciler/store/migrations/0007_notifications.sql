-- Where the publisher (`account_id` NULL) or an account wants to be told. `topics`: a JSON list, NULL
-- for all. `secret`: what webhooks are signed with; it is needed to sign, so it is kept as it is.
CREATE TABLE channel (
    id INTEGER PRIMARY KEY,
    account_id INTEGER REFERENCES account (id),
    kind TEXT NOT NULL CHECK (kind IN ('webhook', 'email', 'slack')),
    address TEXT NOT NULL,
    secret TEXT,
    topics TEXT,
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    created_by TEXT NOT NULL,
    since_event INTEGER NOT NULL,
    closed_at TEXT CHECK (closed_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

CREATE INDEX channel_by_account ON channel (account_id);
CREATE INDEX channel_open ON channel (id) WHERE closed_at IS NULL;

-- Events up to `event`, and of the next one the channels up to `channel`, have their notifications.
-- The log of events is the outbox: an event is written in the transaction that it tells of.
CREATE TABLE outbox (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    event INTEGER NOT NULL,
    channel INTEGER NOT NULL
) STRICT;

INSERT INTO outbox VALUES (1, 0, 0);

-- One event for one channel, once. `due_at` NULL unless it is due; a sender that takes it moves
-- `due_at` ahead, so that it comes back by itself when the sender dies. `at`: since when it is in its
-- state.
CREATE TABLE notification (
    number INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL REFERENCES channel (id),
    event INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('due', 'sent', 'dead', 'moot')),
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at TEXT CHECK (due_at GLOB '????-??-??T??:??:??.??????Z'),
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    error TEXT,
    UNIQUE (channel_id, event),
    CHECK ((state = 'due') = (due_at IS NOT NULL))
) STRICT;

CREATE INDEX notification_due ON notification (due_at, attempts, number)
    WHERE due_at IS NOT NULL;
CREATE INDEX notification_dead ON notification (number) WHERE state = 'dead';
CREATE INDEX notification_moot ON notification (number) WHERE state = 'moot';
CREATE INDEX notification_over ON notification (at) WHERE due_at IS NULL;

-- What was reminded of, each once: a window that comes near, a token that is about to expire.
CREATE TABLE reminder (
    key TEXT PRIMARY KEY,
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z')
) STRICT, WITHOUT ROWID;

CREATE INDEX reminder_by_time ON reminder (at);
