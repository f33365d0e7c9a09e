//! Texts with places for the source's fields: `{报警内容}`, or `{标题|分类}` for the first of them that says something.

/// A text with places for fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Vec<Piece>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The first of these fields that says something.
    Fields(Vec<String>),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// What would be right.
    pub fn read(text: &str) -> Result<Self, String> {
        text.lines().map(line).collect::<Result<_, _>>().map(Self)
    }

    /// The text, with what `say` gives for each field. A line of which no field says anything is left out, so that
    /// `备注: {备注}` needs no condition.
    #[must_use]
    pub fn fill<'a>(&self, say: &dyn Fn(&str) -> Option<&'a str>) -> String {
        let mut lines = Vec::new();
        for pieces in &self.0 {
            let mut line = String::new();
            let (mut asked, mut said) = (false, false);
            for piece in pieces {
                match piece {
                    Piece::Text(text) => line.push_str(text),
                    Piece::Fields(fields) => {
                        asked = true;
                        if let Some(value) = fields.iter().find_map(|field| say(field)) {
                            said = true;
                            line.push_str(value);
                        }
                    }
                }
            }
            if said || !asked {
                lines.push(line);
            }
        }
        lines.join("\n").trim().to_owned()
    }

    /// The fields that speak in it: of each place the first that says something.
    pub fn speakers<'t>(&'t self, say: &dyn Fn(&str) -> bool) -> Vec<&'t str> {
        let mut speakers = Vec::new();
        for piece in self.0.iter().flatten() {
            if let Piece::Fields(fields) = piece {
                speakers.extend(fields.iter().map(String::as_str).find(|field| say(field)));
            }
        }
        speakers
    }

    /// The template with a number in the place of each `@` in the names of its fields: of 单位@ 单位1 and so on.
    #[must_use]
    pub(super) fn numbered(&self, number: u32) -> Self {
        let named = |field: &String| field.replace('@', &number.to_string());
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => Piece::Text(text.clone()),
            Piece::Fields(fields) => Piece::Fields(fields.iter().map(named).collect()),
        };
        Self(self.0.iter().map(|line| line.iter().map(piece).collect()).collect())
    }

    /// The fields that it names, in their order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flatten()
            .flat_map(|piece| match piece {
                Piece::Text(_) => [].iter(),
                Piece::Fields(fields) => fields.iter(),
            })
            .map(String::as_str)
    }
}

fn line(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, place) = rest.split_at(open);
        let inner = place.strip_prefix('{').ok_or("has a } without a {")?;
        let (names, after) = inner.split_once('}').ok_or("has a { without a }")?;
        let fields: Vec<String> = names.split('|').map(|name| name.trim().to_owned()).collect();
        if fields.iter().any(|name| name.is_empty() || name.contains('{')) {
            return Err("must name a field between { and }, several with | between them".to_owned());
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Fields(fields));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_says_something_is_taken_and_silent_lines_go() {
        let template = Template::read("{标题|分类}投诉\n备注: {备注}\n完").unwrap();
        let say = |field: &str| (field == "分类").then_some("噪声");
        assert_eq!(template.fill(&say), "噪声投诉\n完");
        assert_eq!(template.fields().collect::<Vec<_>>(), ["标题", "分类", "备注"]);
        assert_eq!(template.speakers(&|field| field != "标题"), ["分类", "备注"]);
    }

    #[test]
    fn a_number_goes_into_the_names_of_fields_only() {
        let template = Template::read("{单位@|处室@}@").unwrap().numbered(2);
        assert_eq!(template.fields().collect::<Vec<_>>(), ["单位2", "处室2"]);
        assert_eq!(template.fill(&|field| (field == "处室2").then_some("水利")), "水利@");
    }

    #[test]
    fn what_is_no_template_is_said() {
        for wrong in ["{a", "a}", "{}", "{a|}", "{a{b}}"] {
            assert!(Template::read(wrong).is_err(), "{wrong}");
        }
    }
}
