-- What an analysis takes down, so that the next one goes on from it and every figure can be added up again.

-- Ledger entries, oldest first, a few hundred a row.
CREATE TABLE ledger_page (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    place integer NOT NULL,                     -- of its first entry in the wallet's ledger, from 0
    entries smallint NOT NULL,
    first_slot bigint NOT NULL,
    last_slot bigint NOT NULL,
    first_time bigint NOT NULL,                 -- unix seconds: the earliest in it
    last_time bigint NOT NULL,                  -- unix seconds: the latest in it
    body bytea NOT NULL,                        -- zstd of JSON lines
    PRIMARY KEY (wallet_id, place)
);

-- A token's events and what each method made of them, oldest first; all but a token's last row are full.
CREATE TABLE token_segment (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    mint text NOT NULL,
    place integer NOT NULL,                     -- of its first event among the token's, from 0
    events smallint NOT NULL,
    first_time bigint NOT NULL,                 -- unix seconds: the earliest in it
    last_time bigint NOT NULL,                  -- unix seconds: the latest in it
    body bytea NOT NULL,                        -- zstd of JSON lines
    PRIMARY KEY (wallet_id, mint, place)
);
CREATE INDEX token_segment_by_time ON token_segment (wallet_id, last_time);

-- Where a token stands by each method: lots, sums, the open cycle.
CREATE TABLE token_state (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    mint text NOT NULL,
    body bytea NOT NULL,                        -- zstd of JSON
    PRIMARY KEY (wallet_id, mint)
);

-- Where a wallet's books stand as a whole.
CREATE TABLE wallet_state (
    wallet_id integer PRIMARY KEY REFERENCES wallet ON DELETE CASCADE,
    rules integer NOT NULL,                     -- version of the rules that it was computed by
    page_id bigint NOT NULL,                    -- the newest raw page that is in it
    computed_at timestamptz NOT NULL DEFAULT now(),
    body bytea NOT NULL                         -- zstd of JSON
);

-- What a wallet's history says of accounts.
CREATE TABLE wallet_account (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    account text NOT NULL,
    role text NOT NULL,                         -- own, foreign, escrow, deposit or tied
    slot bigint NOT NULL,                       -- in which it was said
    PRIMARY KEY (wallet_id, account, role)
);

-- Behavior by window.
ALTER TABLE behavior_result ADD COLUMN time_window text NOT NULL DEFAULT 'all';
ALTER TABLE behavior_result DROP CONSTRAINT behavior_result_pkey;
ALTER TABLE behavior_result ADD PRIMARY KEY (wallet_id, scope, time_window);
