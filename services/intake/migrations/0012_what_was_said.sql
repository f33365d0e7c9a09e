-- The keyed hash of what a revision's content was made of, where that is not the content itself: a state of a ticket is joined
-- with what is held, and a report without the source's form keeps the form that is held. By it the same message is known when
-- it comes again, whatever came in between.
ALTER TABLE report ADD COLUMN said bytea;
ALTER TABLE report_revision ADD COLUMN said bytea;
