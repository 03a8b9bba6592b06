-- What a wallet holds by its ledger, and where its balances jump: to be held against the chain's balances.

CREATE TABLE wallet_asset (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    mint text NOT NULL,
    decimals smallint NOT NULL,
    quantity numeric NOT NULL,                  -- base units: every delta added up
    in_orders numeric NOT NULL,                 -- base units of it in escrow of open orders
    PRIMARY KEY (wallet_id, mint)
);

-- A jump from what an account held after one transaction to what it held before the next.
CREATE TABLE balance_break (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    account text NOT NULL,
    mint text NOT NULL,
    missing numeric NOT NULL,                   -- base units that came (+) or left (-) unseen
    seen_amount numeric,                        -- base units after the last transaction seen; null where none was
    seen_slot bigint,
    seen_signature text,
    slot bigint NOT NULL,                       -- of the first transaction after the jump
    signature text NOT NULL,
    PRIMARY KEY (wallet_id, account, signature)
);

-- What an account held after the last transaction that told it, so that the next one can be compared.
CREATE TABLE account_balance (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    account text NOT NULL,
    mint text NOT NULL,
    amount numeric NOT NULL,                    -- base units
    slot bigint NOT NULL,
    signature text NOT NULL,
    PRIMARY KEY (wallet_id, account)
);
