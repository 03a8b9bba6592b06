-- Images of tokens as their hosts gave them, or why they are not shown. A cache: unlogged, and cut to a size.
CREATE UNLOGGED TABLE token_image (
    mint text PRIMARY KEY,
    url text NOT NULL,                          -- of which it is the answer
    media_type text,
    body bytea,
    refusal text,                               -- why there is none
    asked_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL,                -- when the host is asked again
    CHECK ((body IS NULL) = (media_type IS NULL) AND (body IS NULL) <> (refusal IS NULL))
);
ALTER TABLE token_image ALTER COLUMN body SET STORAGE EXTERNAL; -- it is packed already
