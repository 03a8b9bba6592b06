-- One wallet, what is known of its history, and who may write it now.
CREATE TABLE wallet (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text NOT NULL UNIQUE,
    class text NOT NULL DEFAULT 'normal',
    fence bigint NOT NULL DEFAULT 0,            -- grows with each holder of the wallet's lock
    holder text,                                -- job id of the last holder
    created_at timestamptz NOT NULL DEFAULT now(),
    synced_at timestamptz,                      -- end of the last sync that succeeded whole
    analyzed_at timestamptz,                    -- end of the last analysis that succeeded whole
    capped boolean NOT NULL DEFAULT false       -- the last sync stopped at the transaction cap
);

CREATE INDEX wallet_address_prefix ON wallet (address text_pattern_ops);

-- A range of history that has been fetched without a hole. Between two ranges of a wallet lies a gap.
CREATE TABLE sync_range (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    newest_slot bigint NOT NULL,
    newest_signature text NOT NULL,
    oldest_slot bigint NOT NULL,
    oldest_signature text NOT NULL,             -- the cursor that goes on to older history
    top bigint NOT NULL,                        -- sequence of its newest page
    bottom bigint NOT NULL,                     -- sequence of its oldest page
    transactions integer NOT NULL,
    reached_start boolean NOT NULL DEFAULT false
);
CREATE INDEX sync_range_of_wallet ON sync_range (wallet_id, newest_slot DESC);

-- A provider's page as it came, compressed, without the transactions stored before.
CREATE TABLE raw_page (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    format text NOT NULL,                       -- 'enhanced' or 'rpc'
    first_slot bigint NOT NULL,
    last_slot bigint NOT NULL,
    sequence bigint NOT NULL,                   -- order of pages that share a slot, oldest first
    transactions smallint NOT NULL,
    body bytea NOT NULL                         -- zstd of JSON lines, oldest first
);
CREATE INDEX raw_page_of_wallet ON raw_page (wallet_id, first_slot, sequence);

CREATE TABLE wallet_transaction (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    signature bytea NOT NULL,                   -- 64 bytes
    page_id bigint NOT NULL REFERENCES raw_page ON DELETE CASCADE,
    slot bigint NOT NULL,
    block_time bigint,                          -- unix seconds
    PRIMARY KEY (wallet_id, signature)
);

-- Tokens that a wallet gained or lost in what is stored, so that enrichment need not read it again.
CREATE TABLE wallet_mint (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    mint text NOT NULL,
    PRIMARY KEY (wallet_id, mint)
);

-- The durable record of every job we accepted.
CREATE TABLE analysis_run (
    id text PRIMARY KEY,                        -- the job id
    request_id text NOT NULL,
    type text NOT NULL,
    wallet text,
    scope text NOT NULL DEFAULT 'all',
    queue text NOT NULL,
    status text NOT NULL DEFAULT 'queued',
    arguments jsonb NOT NULL,
    parent text,                                -- of an enrichment: the analysis it belongs to
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL DEFAULT 3,
    turn integer NOT NULL DEFAULT 0,            -- grows with each start, by whatever worker: only the newest may write here
    fence bigint,                               -- the wallet's fencing number that the newest start drew
    progress smallint NOT NULL DEFAULT 0,
    step text,
    enrichment_job_id text,
    result jsonb,
    error_code text,
    error_detail text,
    attempts jsonb NOT NULL DEFAULT '[]',       -- each failed attempt: number, at, code, detail, traceback
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    ended_at timestamptz,
    CHECK (status IN ('queued', 'processing', 'retrying', 'completed', 'failed', 'cancelled'))
);
CREATE UNIQUE INDEX analysis_run_one_live ON analysis_run (wallet, scope)
    WHERE type = 'dashboard-wallet-analysis' AND status IN ('queued', 'processing', 'retrying');
CREATE INDEX analysis_run_of_wallet ON analysis_run (wallet, created_at DESC);
CREATE INDEX analysis_run_newest ON analysis_run (created_at DESC, id);
CREATE INDEX analysis_run_live ON analysis_run (created_at) WHERE status IN ('queued', 'processing', 'retrying');

-- Results: one row a wallet, scope, method, mode and window; readers see one run's rows, whole.
CREATE TABLE pnl_result (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    scope text NOT NULL,
    method text NOT NULL,
    mode text NOT NULL,
    time_window text NOT NULL,
    run_id text,
    computed_at timestamptz NOT NULL DEFAULT now(),
    figures jsonb NOT NULL,
    coverage jsonb NOT NULL,
    PRIMARY KEY (wallet_id, scope, method, mode, time_window)
);

CREATE TABLE token_result (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    scope text NOT NULL,
    method text NOT NULL,
    mode text NOT NULL,
    time_window text NOT NULL,
    mint text NOT NULL,
    decimals smallint NOT NULL,
    buys integer NOT NULL,
    sells integer NOT NULL,
    held numeric NOT NULL,                      -- base units
    held_known numeric NOT NULL,                -- base units with a known basis
    cost numeric NOT NULL,                      -- lamports
    proceeds numeric NOT NULL,                  -- lamports
    realized_pnl numeric NOT NULL,              -- lamports
    open_cost numeric NOT NULL,                 -- lamports
    unverified_quantity numeric NOT NULL,       -- base units
    unverified_proceeds numeric NOT NULL,       -- lamports
    first_trade bigint,                         -- unix seconds
    last_trade bigint,                          -- unix seconds
    figures jsonb NOT NULL,
    PRIMARY KEY (wallet_id, scope, method, mode, time_window, mint)
);

CREATE TABLE behavior_result (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    scope text NOT NULL,
    run_id text,
    computed_at timestamptz NOT NULL DEFAULT now(),
    metrics jsonb NOT NULL,
    PRIMARY KEY (wallet_id, scope)
);

-- What providers say of a token. Text is cleaned before it gets here.
CREATE TABLE token (
    mint text PRIMARY KEY,
    symbol text,
    name text,
    image_url text,
    decimals smallint,
    price_usd numeric,
    price_source text,
    price_at timestamptz,                       -- when the price was found
    liquidity_usd numeric,
    metadata_source text,
    metadata_asked_at timestamptz,              -- each: when that kind of source last answered, found or not
    market_asked_at timestamptz,
    price_asked_at timestamptz
);

-- What the chain held for a wallet when it was last asked; mint NULL-free: SOL is the wrapped mint's address.
CREATE TABLE wallet_balance (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    mint text NOT NULL,
    amount numeric NOT NULL,                    -- base units, all accounts of the mint summed
    decimals smallint NOT NULL,
    slot bigint,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (wallet_id, mint)
);
