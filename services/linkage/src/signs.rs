//! Sets of characters, asked for each character of a text.

/// Some characters of the basic plane; to ask for one takes a single step, however many they are.
#[derive(Clone)]
pub(crate) struct Signs([u64; Self::WORDS]);

impl Signs {
    const WORDS: usize = 0x1_0000 / 64;

    /// The characters of a text. One that is outside of the basic plane does not compile in a constant.
    pub(crate) const fn of(text: &str) -> Self {
        Self([0; Self::WORDS]).and(text)
    }

    /// The characters of another text, too.
    pub(crate) const fn and(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let (mut code, more) = match bytes[at] {
                one @ ..0x80 => (one as usize, 0),
                two @ 0xc0..0xe0 => (two as usize & 0x1f, 1),
                three @ 0xe0..0xf0 => (three as usize & 0x0f, 2),
                _ => panic!("outside of the basic plane"),
            };
            let end = at + more + 1;
            at += 1;
            while at < end {
                code = code << 6 | bytes[at] as usize & 0x3f;
                at += 1;
            }
            self.0[code / 64] |= 1 << (code % 64);
        }
        self
    }

    /// Whether it is one of them.
    pub(crate) const fn has(&self, c: char) -> bool {
        let code = c as usize;
        code / 64 < Self::WORDS && self.0[code / 64] & 1 << (code % 64) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_the_characters_of_its_text_and_no_other() {
        let text = "aé的了，\u{ffff}";
        let signs = Signs::of("aé的").and("了，\u{ffff}");
        for c in '\0'..=char::MAX {
            assert_eq!(signs.has(c), text.contains(c), "{c:?}");
        }
    }
}
