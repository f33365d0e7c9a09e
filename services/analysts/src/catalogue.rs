//! The tables that analysts see: their columns, kinds and words for people, from one file.

use std::{str::FromStr, sync::Arc};

use datafusion::arrow::{
    array::{ArrayRef, RecordBatch, StringViewArray},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
};
use fengqiao_statistics::domain::language::Words;
use serde::{Deserialize, de::Error as _};

use crate::error::AnalystsError;

/// Where Flight SQL has the words about a column.
const REMARKS: &str = "ARROW:FLIGHT:SQL:REMARKS";
const FILE: &str = include_str!("../data/catalogue.toml");
/// The zone in which times are shown, and in which days and months are cut.
pub const ZONE: &str = "Asia/Shanghai";

/// All tables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The tables.
    #[serde(rename = "table")]
    pub tables: Vec<Table>,
}

/// A table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// About it, in Chinese.
    pub zh: String,
    /// About it, in English.
    pub en: String,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// About it, in Chinese.
    pub zh: String,
    /// About it, in English.
    pub en: String,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number that stands for a report, case, push or activity.
    Key,
    /// A day.
    Date,
    /// A text.
    Text,
    /// One of the contract's words.
    Code(Words),
    /// A mark.
    Flag,
    /// A moment.
    Time,
    /// A whole number.
    Number,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "key" => Self::Key,
            "date" => Self::Date,
            "text" => Self::Text,
            "flag" => Self::Flag,
            "time" => Self::Time,
            "number" => Self::Number,
            other => {
                let name = other.strip_prefix("code:");
                let words = Words::ALL.into_iter().find(|words| Some(words.name()) == name);
                Self::Code(words.ok_or_else(|| format!("{other} is no kind of a column"))?)
            }
        })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Date => "date",
            Self::Text => "text",
            Self::Code(_) => "code",
            Self::Flag => "flag",
            Self::Time => "time",
            Self::Number => "number",
        }
    }

    /// Its type as answers have it: tools do not know views of texts.
    pub fn shown_type(self) -> DataType {
        match self.data_type() {
            DataType::Utf8View => DataType::LargeUtf8,
            other => other,
        }
    }

    /// Its type in Arrow.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Key => DataType::Int64,
            Self::Date => DataType::Date32,
            Self::Text | Self::Code(_) => DataType::Utf8View,
            Self::Flag => DataType::Boolean,
            Self::Time => DataType::Timestamp(TimeUnit::Microsecond, Some(ZONE.into())),
            Self::Number => DataType::Int32,
        }
    }
}

impl Table {
    /// Its schema.
    pub fn schema(&self) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, column.kind.data_type(), true);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// Its schema with what drivers show beside each column.
    pub fn described_schema(&self) -> SchemaRef {
        let field = |column: &Column| {
            let remarks = (REMARKS.to_owned(), format!("{} / {}", column.zh, column.en));
            Field::new(&column.name, column.kind.shown_type(), true).with_metadata([remarks].into())
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

impl Catalogue {
    /// Reads it.
    ///
    /// # Errors
    /// [`AnalystsError::Catalogue`] where the file is damaged.
    pub fn read() -> Result<Self, AnalystsError> {
        toml::from_str(FILE).map_err(|error| AnalystsError::Catalogue(error.to_string()))
    }

    /// The table of a name.
    ///
    /// # Errors
    /// [`AnalystsError::Catalogue`] where there is none.
    pub fn table(&self, name: &str) -> Result<&Table, AnalystsError> {
        let found = self.tables.iter().find(|table| table.name == name);
        found.ok_or_else(|| AnalystsError::Catalogue(format!("there is no table {name}")))
    }

    /// The rows of the table `columns`.
    ///
    /// # Errors
    /// [`AnalystsError::Catalogue`] where the file does not describe that table itself.
    pub fn columns(&self) -> Result<RecordBatch, AnalystsError> {
        let words = |kind: Kind| match kind {
            Kind::Code(words) => {
                let all: Vec<_> = (1..100).filter_map(|number| words.word(number)).collect();
                all.join(" ")
            }
            _ => String::new(),
        };
        let mut rows: [Vec<String>; 6] = Default::default();
        for table in &self.tables {
            for column in &table.columns {
                let told = [
                    table.name.clone(),
                    column.name.clone(),
                    column.kind.word().to_owned(),
                    words(column.kind),
                    column.zh.clone(),
                    column.en.clone(),
                ];
                rows.iter_mut().zip(told).for_each(|(all, one)| all.push(one));
            }
        }
        let arrays = rows.map(|texts| Arc::new(StringViewArray::from_iter_values(texts)) as ArrayRef);
        Ok(RecordBatch::try_new(self.table("columns")?.schema(), arrays.to_vec())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_documented() {
        let catalogue = Catalogue::read().unwrap();
        for table in &catalogue.tables {
            assert!(!table.zh.is_empty() && !table.en.is_empty(), "{}", table.name);
            for column in &table.columns {
                assert!(!column.zh.is_empty() && !column.en.is_empty(), "{}.{}", table.name, column.name);
            }
        }
        let told = catalogue.columns().unwrap();
        assert_eq!(told.num_rows(), catalogue.tables.iter().map(|table| table.columns.len()).sum::<usize>());
    }

    #[test]
    fn no_column_names_a_person() {
        let catalogue = Catalogue::read().unwrap();
        for column in catalogue.tables.iter().flat_map(|table| &table.columns) {
            for word in ["phone", "address", "narrative", "title", "person", "id_number", "content_text"] {
                assert!(!column.name.contains(word), "{}", column.name);
            }
            assert!(!column.name.ends_with("_id"), "{}: ids stay inside", column.name);
        }
    }
}
