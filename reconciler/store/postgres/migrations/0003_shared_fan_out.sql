-- Accounts that were set aside (see the file of this name for SQLite), and the fan-out that workers share.
CREATE TABLE set_aside (
    pack_id INTEGER NOT NULL REFERENCES pack (id),
    account_id INTEGER NOT NULL REFERENCES account (id),
    tries INTEGER NOT NULL,
    error TEXT NOT NULL,
    at instant NOT NULL,
    told BOOLEAN NOT NULL,
    PRIMARY KEY (pack_id, account_id)
);

-- The fan-out that workers may help with, if there is one: what all its roll-outs share. Whoever
-- moves rows for it holds this row, so that deleting it waits for them; then nobody moves rows.
CREATE TABLE fan_out (
    one SMALLINT PRIMARY KEY CHECK (one = 1),
    number BIGINT GENERATED ALWAYS AS IDENTITY,
    token BIGINT NOT NULL,
    gated BOOLEAN NOT NULL,
    today day NOT NULL,
    at instant NOT NULL,
    actor TEXT NOT NULL
);

CREATE TABLE rollout (
    pack_id INTEGER PRIMARY KEY REFERENCES pack (id),
    closed BOOLEAN NOT NULL,
    suspended BOOLEAN NOT NULL
);

-- How many rows workers moved, until the leader has counted them.
CREATE TABLE helped (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    pack_id INTEGER NOT NULL,
    rows INTEGER NOT NULL
);
