-- Who may sign in to a web page of the service in whose schema this stands, and who is signed in.

CREATE TABLE account (
    county      text COLLATE "C" NOT NULL,
    -- What is typed. Small letters, digits, `-`, `.` and `_`.
    name        text COLLATE "C" NOT NULL,
    -- The person, the post and its agency, by their codes in the county's directory.
    person      text NOT NULL,
    post        text NOT NULL,
    agency      text NOT NULL,
    -- An argon2id hash in PHC form; NULL where one signs in by OpenID Connect only.
    password    text,
    -- The password was made by us and has to be changed first.
    must_change boolean NOT NULL DEFAULT false,
    -- The subject by which the county's OpenID Connect provider knows the person.
    subject     text COLLATE "C",
    -- An operator has locked it.
    locked_at   timestamptz,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (county, name)
);
CREATE UNIQUE INDEX account_subject ON account (county, subject) WHERE subject IS NOT NULL;

-- Tries that did not succeed, whether there is such an account or not: so nobody learns from a wait that there is one.
CREATE TABLE sign_in_failure (
    county   text COLLATE "C" NOT NULL,
    name     text COLLATE "C" NOT NULL,
    failures integer NOT NULL,
    -- Before this no further try is looked at.
    retry_at timestamptz NOT NULL,
    last_at  timestamptz NOT NULL,
    PRIMARY KEY (county, name)
);
CREATE INDEX sign_in_failure_old ON sign_in_failure (county, last_at);

-- Who is signed in. Of the cookie's token only the digest is kept.
CREATE TABLE sign_in_session (
    county   text COLLATE "C" NOT NULL,
    digest   bytea NOT NULL,
    name     text COLLATE "C" NOT NULL,
    begun_at timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL,
    PRIMARY KEY (county, digest)
);
CREATE INDEX sign_in_session_account ON sign_in_session (county, name);
CREATE INDEX sign_in_session_old ON sign_in_session (county, seen_at);
