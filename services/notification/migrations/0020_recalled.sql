-- What the centre has taken back (撤回): since when, who did it, and why.
ALTER TABLE push
    ADD COLUMN recalled_at timestamptz,
    ADD COLUMN recalled_actor text NOT NULL DEFAULT '',
    ADD COLUMN recall_text bytea;
