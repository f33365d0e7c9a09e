//! What a setting's texts say stands in histories and other columns, where the database keeps no NUL: one in an
//! agency's name would stop every case of the agency. So they hold no control characters, written out or as escapes.

use std::path::Path;

use fengqiao_county::Mistake;

use super::Files;

/// What is wrong with the characters of some files.
pub(super) fn wrong_characters(files: &Files) -> Vec<Mistake> {
    files.iter().flat_map(|(name, text)| in_lines(name, text).chain(in_values(name, text))).collect()
}

fn in_lines(name: &str, text: &str) -> impl Iterator<Item = Mistake> {
    let spoilt = |line: &str| line.trim_end_matches('\r').chars().any(|c| c.is_control() && c != '\t');
    let found = (1..).zip(text.split('\n')).find(|(_, line)| spoilt(line));
    found.map(|(n, _)| Mistake::new(Path::new(name), n, "must hold no control characters")).into_iter()
}

/// TOML has escapes for what cannot be seen. What is no TOML is refused for that.
fn in_values(name: &str, text: &str) -> Option<Mistake> {
    let table =
        Path::new(name).extension().is_some_and(|kind| kind == "toml").then(|| text.parse::<toml::Table>());
    let table = table?.ok()?;
    let (key, _) = table.iter().find(|(key, value)| is_spoilt(key) || holds_spoilt(value))?;
    let reason = format!("{} must hold no control characters, also not as escapes", key.escape_default());
    Some(Mistake::new(Path::new(name), 0, reason))
}

fn holds_spoilt(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => is_spoilt(text),
        toml::Value::Array(values) => values.iter().any(holds_spoilt),
        toml::Value::Table(table) => table.iter().any(|(key, value)| is_spoilt(key) || holds_spoilt(value)),
        _ => false,
    }
}

fn is_spoilt(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str, text: &str) -> Vec<u64> {
        let files = Files::from([(name.to_owned(), text.to_owned())]);
        wrong_characters(&files).into_iter().map(|mistake| mistake.line).collect()
    }

    #[test]
    fn what_cannot_be_seen_is_found_where_it_is() {
        assert_eq!(wrong("agencies.csv", "code,name\r\npolice,公安\0局\r\n"), [2]);
        assert_eq!(wrong("practice.toml", "version = \"x\"\n# \u{7}\n"), [2]);
        assert_eq!(wrong("practice.toml", "[[a]]\nb = { c = \"x\\u0000\" }\n"), [0]);
        assert_eq!(wrong("practice.toml", "b = '''\n多行\t文字\r\n'''\n"), [] as [u64; 0]);
        assert_eq!(wrong("calendar.csv", "a\\u0000"), [] as [u64; 0], "it is what it looks like");
    }
}
