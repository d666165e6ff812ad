-- Who may use the HTTP API and the pages. Of secrets only a SHA-256 is kept; `hint` is the token's
-- beginning, to be recognised by.
CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('publisher-admin', 'publisher-viewer', 'account')),
    account_id INTEGER REFERENCES account (id),
    digest TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    created_by TEXT NOT NULL,
    expires_at TEXT CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    revoked_at TEXT CHECK (revoked_at GLOB '????-??-??T??:??:??.??????Z'),
    last_used_at TEXT CHECK (last_used_at GLOB '????-??-??T??:??:??.??????Z'),
    CHECK ((role = 'account') = (account_id IS NOT NULL))
) STRICT;

CREATE INDEX token_by_account ON token (account_id) WHERE account_id IS NOT NULL;
CREATE INDEX token_by_end ON token (expires_at) WHERE revoked_at IS NULL;

-- A browser that signed in: with a token, which it does not outlive, or at an identity provider.
CREATE TABLE session (
    digest TEXT PRIMARY KEY,
    token_id INTEGER REFERENCES token (id),
    subject TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('publisher-admin', 'publisher-viewer', 'account')),
    account_id INTEGER REFERENCES account (id),
    created_at TEXT NOT NULL CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    expires_at TEXT NOT NULL CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    CHECK ((role = 'account') = (account_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_end ON session (expires_at);
CREATE INDEX session_by_token ON session (token_id) WHERE token_id IS NOT NULL;

-- How often signing in failed of late, by where it was tried from.
CREATE TABLE failed_login (
    origin TEXT PRIMARY KEY,
    since TEXT NOT NULL CHECK (since GLOB '????-??-??T??:??:??.??????Z'),
    failures INTEGER NOT NULL CHECK (failures > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX failed_login_by_start ON failed_login (since);

-- The answer to a request that came with an Idempotency-Key; `status` NULL while it is being found,
-- `body` NULL where it held a secret. `request` is a digest, `at` when whoever answers it began.
CREATE TABLE answered (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    at TEXT NOT NULL CHECK (at GLOB '????-??-??T??:??:??.??????Z'),
    status INTEGER,
    headers TEXT,
    body TEXT,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX answered_by_time ON answered (at);
