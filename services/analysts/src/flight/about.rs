//! What drivers ask about the server before they ask for rows. JDBC reads all of it at once and takes what is not there
//! for a failure, so that each thing that it can ask is answered.

use std::collections::BTreeMap;

use arrow_flight::{
    error::FlightError,
    sql::{
        Nullable, Searchable, SqlInfo, SqlNullOrdering, SqlOuterJoinsSupportLevel,
        SqlSupportedCaseSensitivity, SqlSupportedGroupBy, SqlSupportedResultSetConcurrency,
        SqlSupportedResultSetType, SqlSupportedSubqueries, SqlSupportedTransaction, SqlSupportedUnions,
        SqlSupportsConvert, SqlTransactionIsolationLevel, SupportedSqlGrammar, XdbcDataType,
        metadata::{
            SqlInfoData, SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder,
        },
    },
};

use crate::engine::LONGEST_QUERY;

/// Functions of each kind that tools offer to people; all others of the engine work as well.
const NUMERIC: &[&str] = &["abs", "ceil", "floor", "ln", "power", "random", "round", "sqrt", "trunc"];
const STRING: &[&str] = &[
    "concat",
    "left",
    "length",
    "lower",
    "lpad",
    "replace",
    "right",
    "starts_with",
    "strpos",
    "substr",
    "trim",
    "upper",
];
const SYSTEM: &[&str] = &["coalesce", "greatest", "least", "nullif"];
const DATETIME: &[&str] =
    &["current_date", "date_bin", "date_part", "date_trunc", "now", "to_char", "to_timestamp"];

/// What has no limit but that of memory.
const NO_LIMIT: i64 = 0;

/// A set of choices, as bits.
fn bits(choices: &[i32]) -> i32 {
    choices.iter().fold(0, |bits, choice| bits | 1 << choice)
}

/// What the server can do.
///
/// # Errors
/// [`FlightError`], which does not happen.
pub fn server() -> Result<SqlInfoData, FlightError> {
    let mut about = SqlInfoDataBuilder::new();
    about.append(SqlInfo::FlightSqlServerName, "Fengqiao");
    about.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    about.append(SqlInfo::FlightSqlServerArrowVersion, "1.3");
    about.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    about.append(SqlInfo::FlightSqlServerStatementTimeout, 0);
    about.append(SqlInfo::FlightSqlServerTransactionTimeout, 0);
    for (info, holds) in [
        (SqlInfo::FlightSqlServerReadOnly, true),
        (SqlInfo::FlightSqlServerSql, true),
        (SqlInfo::FlightSqlServerSubstrait, false),
        (SqlInfo::FlightSqlServerCancel, false),
        (SqlInfo::FlightSqlServerBulkIngestion, false),
        (SqlInfo::FlightSqlServerIngestTransactionsSupported, false),
        (SqlInfo::SqlDdlCatalog, false),
        (SqlInfo::SqlDdlSchema, false),
        (SqlInfo::SqlDdlTable, false),
        (SqlInfo::SqlAllTablesAreSelectable, true),
        (SqlInfo::SqlSupportsColumnAliasing, true),
        (SqlInfo::SqlNullPlusNullIsNull, true),
        (SqlInfo::SqlSupportsTableCorrelationNames, true),
        (SqlInfo::SqlSupportsDifferentTableCorrelationNames, false),
        (SqlInfo::SqlSupportsExpressionsInOrderBy, true),
        (SqlInfo::SqlSupportsOrderByUnrelated, true),
        (SqlInfo::SqlSupportsLikeEscapeClause, true),
        (SqlInfo::SqlSupportsNonNullableColumns, false),
        (SqlInfo::SqlSupportsIntegrityEnhancementFacility, false),
        (SqlInfo::SqlCatalogAtStart, true),
        (SqlInfo::SqlSelectForUpdateSupported, false),
        (SqlInfo::SqlStoredProceduresSupported, false),
        (SqlInfo::SqlCorrelatedSubqueriesSupported, true),
        (SqlInfo::SqlMaxRowSizeIncludesBlobs, true),
        (SqlInfo::SqlTransactionsSupported, false),
        (SqlInfo::SqlDataDefinitionCausesTransactionCommit, false),
        (SqlInfo::SqlDataDefinitionsInTransactionsIgnored, true),
        (SqlInfo::SqlBatchUpdatesSupported, false),
        (SqlInfo::SqlSavepointsSupported, false),
        (SqlInfo::SqlNamedParametersSupported, false),
        (SqlInfo::SqlLocatorsUpdateCopy, false),
        (SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported, false),
    ] {
        about.append(info, holds);
    }
    for (info, text) in [
        (SqlInfo::SqlIdentifierQuoteChar, "\""),
        (SqlInfo::SqlSearchStringEscape, "\\"),
        (SqlInfo::SqlExtraNameCharacters, ""),
        (SqlInfo::SqlSchemaTerm, "schema"),
        (SqlInfo::SqlProcedureTerm, "procedure"),
        (SqlInfo::SqlCatalogTerm, "catalog"),
    ] {
        about.append(info, text);
    }
    for (info, words) in [
        (SqlInfo::SqlKeywords, &[][..]),
        (SqlInfo::SqlNumericFunctions, NUMERIC),
        (SqlInfo::SqlStringFunctions, STRING),
        (SqlInfo::SqlSystemFunctions, SYSTEM),
        (SqlInfo::SqlDatetimeFunctions, DATETIME),
    ] {
        about.append(info, words);
    }
    append_choices(&mut about);
    append_sizes(&mut about);
    about.append(SqlInfo::SqlSupportsConvert, converted());
    about.build()
}

fn append_choices(about: &mut SqlInfoDataBuilder) {
    use SqlSupportedCaseSensitivity as Case;
    // One choice is a number, a set of them is bits.
    for (info, choice) in [
        (SqlInfo::SqlIdentifierCase, Case::SqlCaseSensitivityLowercase as i64),
        (SqlInfo::SqlQuotedIdentifierCase, Case::SqlCaseSensitivityCaseInsensitive as i64),
        (SqlInfo::SqlNullOrdering, SqlNullOrdering::SqlNullsSortedHigh as i64),
        (SqlInfo::SqlDefaultTransactionIsolation, SqlTransactionIsolationLevel::SqlTransactionNone as i64),
    ] {
        about.append(info, choice);
    }
    let read_only = bits(&[SqlSupportedResultSetConcurrency::SqlResultSetConcurrencyReadOnly as i32]);
    for (info, set) in [
        (
            SqlInfo::SqlSupportedGroupBy,
            bits(&[
                SqlSupportedGroupBy::SqlGroupByUnrelated as i32,
                SqlSupportedGroupBy::SqlGroupByBeyondSelect as i32,
            ]),
        ),
        (
            SqlInfo::SqlSupportedGrammar,
            bits(&[
                SupportedSqlGrammar::SqlMinimumGrammar as i32,
                SupportedSqlGrammar::SqlCoreGrammar as i32,
            ]),
        ),
        // The entry level.
        (SqlInfo::SqlAnsi92SupportedLevel, bits(&[0])),
        (
            SqlInfo::SqlOuterJoinsSupportLevel,
            bits(&[
                SqlOuterJoinsSupportLevel::SqlLimitedOuterJoins as i32,
                SqlOuterJoinsSupportLevel::SqlFullOuterJoins as i32,
            ]),
        ),
        (SqlInfo::SqlSchemasSupportedActions, 0),
        (SqlInfo::SqlCatalogsSupportedActions, 0),
        (SqlInfo::SqlSupportedPositionedCommands, 0),
        (
            SqlInfo::SqlSupportedSubqueries,
            bits(&[
                SqlSupportedSubqueries::SqlSubqueriesInComparisons as i32,
                SqlSupportedSubqueries::SqlSubqueriesInExists as i32,
                SqlSupportedSubqueries::SqlSubqueriesInIns as i32,
            ]),
        ),
        (
            SqlInfo::SqlSupportedUnions,
            bits(&[SqlSupportedUnions::SqlUnion as i32, SqlSupportedUnions::SqlUnionAll as i32]),
        ),
        (
            SqlInfo::SqlSupportedTransactionsIsolationLevels,
            bits(&[SqlTransactionIsolationLevel::SqlTransactionNone as i32]),
        ),
        (
            SqlInfo::SqlSupportedResultSetTypes,
            bits(&[SqlSupportedResultSetType::SqlResultSetTypeForwardOnly as i32]),
        ),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified, read_only),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly, read_only),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive, 0),
        (SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive, 0),
    ] {
        about.append(info, set);
    }
}

fn append_sizes(about: &mut SqlInfoDataBuilder) {
    about.append(SqlInfo::SqlMaxStatementLength, i64::try_from(LONGEST_QUERY).unwrap_or(NO_LIMIT));
    for info in [
        SqlInfo::SqlMaxBinaryLiteralLength,
        SqlInfo::SqlMaxCharLiteralLength,
        SqlInfo::SqlMaxColumnNameLength,
        SqlInfo::SqlMaxColumnsInGroupBy,
        SqlInfo::SqlMaxColumnsInIndex,
        SqlInfo::SqlMaxColumnsInOrderBy,
        SqlInfo::SqlMaxColumnsInSelect,
        SqlInfo::SqlMaxColumnsInTable,
        SqlInfo::SqlMaxConnections,
        SqlInfo::SqlMaxCursorNameLength,
        SqlInfo::SqlMaxIndexLength,
        SqlInfo::SqlDbSchemaNameLength,
        SqlInfo::SqlMaxProcedureNameLength,
        SqlInfo::SqlMaxCatalogNameLength,
        SqlInfo::SqlMaxRowSize,
        SqlInfo::SqlMaxStatements,
        SqlInfo::SqlMaxTableNameLength,
        SqlInfo::SqlMaxTablesInSelect,
        SqlInfo::SqlMaxUsernameLength,
    ] {
        about.append(info, NO_LIMIT);
    }
}

/// What a CAST makes of what, of the types that our columns have.
fn converted() -> BTreeMap<i32, Vec<i32>> {
    use SqlSupportsConvert as Type;
    let numbers = [Type::SqlConvertBigint, Type::SqlConvertInteger, Type::SqlConvertFloat];
    let times = [Type::SqlConvertDate, Type::SqlConvertTimestamp];
    let texts = [Type::SqlConvertVarchar];
    let codes = |groups: &[&[Type]]| groups.concat().into_iter().map(|one| one as i32).collect::<Vec<_>>();
    let of = |from: &[Type], to: Vec<i32>| {
        from.iter().map(move |one| (*one as i32, to.clone())).collect::<Vec<_>>()
    };
    [
        of(&numbers, codes(&[&numbers, &texts])),
        of(&times, codes(&[&times, &texts])),
        of(&texts, codes(&[&numbers, &times, &texts])),
        of(&[Type::SqlConvertBit], codes(&[&[Type::SqlConvertBit], &numbers, &texts])),
    ]
    .concat()
    .into_iter()
    .collect()
}

/// The types of our columns and of what is counted from them, as ODBC and JDBC know them.
///
/// # Errors
/// [`FlightError`], which does not happen.
pub fn types() -> Result<XdbcTypeInfoData, FlightError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    let quoted = Some("'");
    for (name, data_type, size, quote, radix) in [
        ("BOOLEAN", XdbcDataType::XdbcBit, 1, None, None),
        ("BIGINT", XdbcDataType::XdbcBigint, 19, None, Some(10)),
        ("VARCHAR", XdbcDataType::XdbcVarchar, 65_535, quoted, None),
        ("INTEGER", XdbcDataType::XdbcInteger, 10, None, Some(10)),
        ("DOUBLE", XdbcDataType::XdbcDouble, 15, None, Some(10)),
        ("DATE", XdbcDataType::XdbcDate, 10, quoted, None),
        ("TIMESTAMP", XdbcDataType::XdbcTimestamp, 32, quoted, None),
    ] {
        let is_number = radix.is_some();
        types.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type,
            column_size: Some(size),
            literal_prefix: quote.map(str::to_owned),
            literal_suffix: quote.map(str::to_owned),
            create_params: None,
            nullable: Nullable::NullabilityNullable,
            case_sensitive: quote.is_some(),
            searchable: Searchable::Full,
            unsigned_attribute: is_number.then_some(false),
            fixed_prec_scale: false,
            auto_increment: is_number.then_some(false),
            local_type_name: Some(name.to_owned()),
            minimum_scale: is_number.then_some(0),
            maximum_scale: is_number.then_some(0),
            sql_data_type: data_type,
            datetime_subcode: None,
            num_prec_radix: radix,
            interval_precision: None,
        });
    }
    types.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_asked_is_answered() {
        let about = server().unwrap();
        // Versions of Substrait are of no meaning where there is none.
        let all = (0..=5).chain(8..=11).chain(100..=101).chain(500..=576);
        let unanswered: Vec<u32> =
            all.filter(|info| about.record_batch([*info]).unwrap().num_rows() != 1).collect();
        assert_eq!(unanswered, [0_u32; 0]);
        let types = types().unwrap();
        assert_eq!(types.record_batch(None).unwrap().num_rows(), 7);
        assert_eq!(types.record_batch(Some(XdbcDataType::XdbcDate as i32)).unwrap().num_rows(), 1);
    }
}
