-- What agencies answer, more precisely, and the files that belong to it. Whoever does not know of a column leaves it as
-- it is.

ALTER TABLE push
    -- By when the agency owes its signature, and the result; routing says it when it asks for the push.
    ADD COLUMN sign_by timestamptz,
    ADD COLUMN answer_by timestamptz,
    ADD COLUMN signed_actor text NOT NULL DEFAULT '',
    ADD COLUMN signed_capacity text NOT NULL DEFAULT '',
    ADD COLUMN returned_actor text NOT NULL DEFAULT '',
    ADD COLUMN returned_capacity text NOT NULL DEFAULT '',
    -- How far the agency said it is with its last feedback; 0 where it said nothing, or before it was kept here.
    ADD COLUMN last_outcome smallint NOT NULL DEFAULT 0;

ALTER TABLE feedback
    ADD COLUMN capacity text NOT NULL DEFAULT '',
    ADD COLUMN cannot_reason smallint NOT NULL DEFAULT 0,
    -- Whether it says something of this matter. NULL: nobody asked yet.
    ADD COLUMN substantive boolean,
    ADD COLUMN attachments uuid[] NOT NULL DEFAULT '{}';

-- A file's content: sealed with a key of its own, in pieces, in Postgres (attachment_piece) or an object store.
CREATE TABLE attachment_content (
    county     text COLLATE "C" NOT NULL,
    -- A keyed hash of the content: who has a file cannot see whether it is here.
    content    bytea NOT NULL,
    size       bigint NOT NULL,
    media_type text NOT NULL,
    -- Under this its pieces lie, numbered from 0.
    body       uuid NOT NULL,
    pieces     integer NOT NULL,
    -- Where: 1 here, 2 in the object store.
    place      smallint NOT NULL,
    sealed_key bytea NOT NULL,
    PRIMARY KEY (county, content)
);

CREATE TABLE attachment_piece (
    county text COLLATE "C" NOT NULL,
    body   uuid NOT NULL,
    number integer NOT NULL,
    piece  bytea NOT NULL,
    PRIMARY KEY (county, body, number)
);
-- Sealed bytes do not become smaller.
ALTER TABLE attachment_piece ALTER COLUMN piece SET STORAGE EXTERNAL;

-- Bodies that are being handed in. What is still here long after it began has no owner, and is removed.
CREATE TABLE attachment_upload (
    county   text COLLATE "C" NOT NULL,
    body     uuid NOT NULL,
    began_at timestamptz NOT NULL,
    place    smallint NOT NULL,
    PRIMARY KEY (county, body)
);

-- A push's files.
CREATE TABLE attachment (
    county        text COLLATE "C" NOT NULL,
    push_id       uuid NOT NULL,
    attachment_id uuid NOT NULL,
    content       bytea NOT NULL,
    sealed_name   bytea NOT NULL,
    at            timestamptz NOT NULL,
    actor         text NOT NULL,
    PRIMARY KEY (county, push_id, attachment_id),
    UNIQUE (county, push_id, content)
);

-- Whether a body belongs to a content is asked when an upload is swept.
CREATE INDEX attachment_content_body ON attachment_content (county, body);
CREATE INDEX attachment_upload_old ON attachment_upload (county, began_at);
-- What an agency still owes, for its desk.
CREATE INDEX push_owed ON push (county, agency) WHERE receipt IN (1, 2) OR receipt = 4 AND last_outcome = 1;
CREATE INDEX push_returned ON push (county, agency, returned_at) WHERE receipt = 3;
