//! Tables for a terminal: columns as wide as what they show, where a Chinese character takes two places.

use unicode_width::UnicodeWidthStr;

use crate::output::{Ink, Paint};

/// A cell: its text and its colour.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    text: String,
    ink: Ink,
}

impl Cell {
    /// A cell in a colour.
    pub fn inked(text: impl Into<String>, ink: Ink) -> Self {
        Self { text: text.into(), ink }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self { text: text.into(), ink: Ink::Plain }
    }
}

/// Where a column's text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// For words.
    Left,
    /// For numbers.
    Right,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these columns.
    pub fn new<T: Into<String>>(columns: impl IntoIterator<Item = (T, Align)>) -> Self {
        let columns = columns.into_iter().map(|(name, align)| (name.into(), align)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// A table whose columns all hold words.
    pub fn of_words<const N: usize>(columns: [&str; N]) -> Self {
        Self::new(columns.map(|name| (name, Align::Left)))
    }

    /// Adds a row; as many cells as there are columns.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Draws it, each line with its line end.
    pub fn draw(&self, paint: Paint) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.text.width()).chain([self.columns[column].0.width()]).max().unwrap_or(0)
            })
            .collect();
        let head: Vec<Cell> =
            self.columns.iter().map(|(name, _)| Cell::inked(name.as_str(), Ink::Dim)).collect();
        let mut drawn = String::new();
        for row in std::iter::once(&head).chain(&self.rows) {
            drawn.push_str(&self.line(row, &widths, paint));
            drawn.push('\n');
        }
        drawn
    }

    fn line(&self, row: &[Cell], widths: &[usize], paint: Paint) -> String {
        let last = row.len().saturating_sub(1);
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let align = self.columns.get(index).map_or(Align::Left, |column| column.1);
            let space = " ".repeat(widths[index].saturating_sub(cell.text.width()));
            let inked = paint.ink(&cell.text, cell.ink);
            match align {
                Align::Right => {
                    line.push_str(&space);
                    line.push_str(&inked);
                }
                Align::Left => {
                    line.push_str(&inked);
                    if index < last {
                        line.push_str(&space);
                    }
                }
            }
            if index < last {
                line.push_str("  ");
            }
        }
        line.truncate(line.trim_end_matches(' ').len());
        line
    }
}

/// Fills a text up with spaces to a width of the terminal.
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_takes_two_places() {
        let mut table = Table::new([("级别", Align::Left), ("诉求数", Align::Right), ("备注", Align::Left)]);
        table.row(vec!["红".into(), "7".into(), "x".into()]);
        table.row(vec!["total".into(), "12345".into(), "".into()]);
        assert_eq!(table.draw(Paint::NONE), "级别   诉求数  备注\n红          7  x\ntotal   12345\n");
    }

    #[test]
    fn colours_do_not_move_columns() {
        let mut table = Table::of_words(["a", "b"]);
        table.row(vec![Cell::inked("红", Ink::Red), "x".into()]);
        let drawn = table.draw(Paint::ANSI);
        assert!(drawn.contains("\u{1b}[31m红\u{1b}[0m  x"), "{drawn:?}");
    }
}
