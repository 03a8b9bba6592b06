-- Wallets of which a webhook has told something new, and when each is refreshed. Its wallet is unchecked: a check would
-- wait for the analysis that writes the wallet's row.
CREATE TABLE wallet_news (
    wallet_id integer PRIMARY KEY,
    due_at timestamptz NOT NULL
);
CREATE INDEX wallet_news_due ON wallet_news (due_at);
