//! `--today`.

use jiff::civil::Date;

/// Reads a calendar date.
pub(crate) fn parse(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "write a date as YYYY-MM-DD".to_owned())
}
