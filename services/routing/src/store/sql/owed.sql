          -- Only one kind ($6), where it is given.
          AND ($6::smallint IS NULL OR duty.kind = $6)
          -- What a person ($3) owes of an agency's: by name, by the posts held ($4), and what nobody there owes more
          -- than anybody else, in an agency where the person has a post ($5) or in a case that the person has claimed:
          -- of the last to whom it was handed there (kind 17).
          AND ($3::text IS NULL OR duty.person = $3 OR duty.post = ANY($4::text[])
              OR (duty.person IS NULL AND duty.post IS NULL AND (duty.agency = ANY($5::text[])
                  OR (SELECT claim.met AND claim.person = $3 FROM duty AS claim
                      WHERE claim.county = $1 AND claim.subject_id = duty.subject_id
                        AND claim.agency = duty.agency AND claim.kind = 17
                      ORDER BY claim.no DESC LIMIT 1))))
