//! Whether a feedback says something of its matter.
//!
//! The rule: what is left of the text when the county's reply templates, spaces and punctuation are taken out must have
//! at least [`FEWEST`] characters. A file that comes with it is something, too; a template alone, two of them, or one
//! with a few marks behind it, is not.

/// What must be left, in characters: 已上门调解一次 is the shortest that says what was done.
pub const FEWEST: usize = 7;

/// Whether a feedback is substantive (实质性反馈).
#[must_use]
pub fn is_substantive<'a>(
    text: &str,
    templates: impl IntoIterator<Item = &'a str>,
    attachments: usize,
) -> bool {
    if attachments > 0 {
        return true;
    }
    let mut left = bare(text);
    // The longest first: one template may be the beginning of another.
    let mut templates: Vec<String> = templates.into_iter().map(bare).filter(|one| !one.is_empty()).collect();
    templates.sort_by_key(|one| std::cmp::Reverse(one.len()));
    for template in &templates {
        left = left.replace(template.as_str(), "");
    }
    left.chars().count() >= FEWEST
}

/// Letters and digits alone.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEMPLATES: [&str; 3] = ["已收到，正在核实。", "已收到，正在核实。将按期反馈。", "已办结。"];

    #[test]
    fn a_template_alone_is_not_substantive() {
        for text in [
            "已收到，正在核实。",
            "已收到 正在核实",
            "已收到，正在核实。已办结！！",
            "已办结。好的",
            "",
            "……",
        ] {
            assert!(!is_substantive(text, TEMPLATES, 0), "{text}");
        }
    }

    #[test]
    fn what_was_done_is_and_so_is_a_file() {
        assert!(is_substantive("已收到，正在核实。11月26日上门，双方同意周五调解", TEMPLATES, 0));
        assert!(is_substantive("已上门调解一次", TEMPLATES, 0));
        assert!(is_substantive("已办结。", TEMPLATES, 1));
    }

    proptest! {
        #[test]
        fn no_row_of_templates_and_marks_is_ever_substantive(
            picks in proptest::collection::vec((0usize..3, "[ ，。！—\n]{0,4}"), 0..6)
        ) {
            let text: String = picks.iter().map(|(pick, marks)| format!("{}{marks}", TEMPLATES[*pick])).collect();
            prop_assert!(!is_substantive(&text, TEMPLATES, 0));
        }
    }
}
