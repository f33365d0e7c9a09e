//! How deep a query can be, before it is read.
//!
//! A query becomes a tree that is walked by recursion, here and there without a guard, and a thread whose stack is at its
//! end takes the whole process along. Brackets are bounded by the parser; what else grows a level at a time (a chain of
//! operators, of `UNION`, of joins) is counted here.

use datafusion::sql::sqlparser::{
    dialect::GenericDialect,
    keywords::Keyword,
    tokenizer::{Token, Tokenizer},
};

/// Levels that are walked safely on the stack of a thread, and more than people write.
const MOST_LEVELS: usize = 300;

/// Whether a query is no deeper than is safe. One that cannot be read is left to the parser, which says why.
pub fn is_safe(query: &str) -> bool {
    let Ok(tokens) = Tokenizer::new(&GenericDialect, query).tokenize() else { return true };
    let mut levels = 0_usize;
    // Whether what stands at each depth of brackets is the list of a FROM, where each comma is a join.
    let mut in_from = vec![false];
    for token in &tokens {
        match token {
            Token::Whitespace(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Period
            | Token::SemiColon
            | Token::EOF => {}
            Token::LParen => in_from.push(false),
            Token::RParen => drop(in_from.pop()),
            Token::Comma => levels += usize::from(in_from.last().copied().unwrap_or_default()),
            Token::Word(word) => match word.keyword {
                Keyword::FROM => set(&mut in_from, true),
                Keyword::SELECT => {
                    levels += 1;
                    set(&mut in_from, false);
                }
                Keyword::WHERE | Keyword::GROUP | Keyword::ORDER | Keyword::HAVING | Keyword::LIMIT => {
                    set(&mut in_from, false);
                }
                Keyword::AND
                | Keyword::OR
                | Keyword::XOR
                | Keyword::NOT
                | Keyword::IS
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::ILIKE
                | Keyword::SIMILAR
                | Keyword::BETWEEN
                | Keyword::CASE
                | Keyword::AT
                | Keyword::COLLATE
                | Keyword::JOIN
                | Keyword::APPLY
                | Keyword::DIV
                | Keyword::OVERLAPS => levels += 1,
                _ => {}
            },
            // Any other sign is an operator.
            _ => levels += 1,
        }
    }
    levels <= MOST_LEVELS
}

fn set(in_from: &mut [bool], is_in: bool) {
    if let Some(last) = in_from.last_mut() {
        *last = is_in;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_counted_and_lists_are_not() {
        let many = |part: &str| format!("SELECT {}1", part.repeat(1_000));
        for part in ["1 + ", "NOT ", "1 AND ", "1 UNION SELECT ", "1::int || ", "a.b IS NULL OR "] {
            assert!(!is_safe(&many(part)), "{part}");
        }
        assert!(!is_safe(&format!("SELECT 1 FROM {}reports", "reports, ".repeat(1_000))));
        assert!(!is_safe(&format!("SELECT 1 FROM reports {}", "CROSS JOIN reports ".repeat(1_000))));
        let list = (0..5_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        assert!(is_safe(&format!("SELECT a, b FROM x, y WHERE z IN ({list}) ORDER BY 1, 2")));
        assert!(is_safe("SELECT 'unfinished"), "the parser says what is wrong");
    }
}
