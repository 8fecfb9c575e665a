//! What is deprecated, and when it may go.

use schemars::JsonSchema;
use serde::Serialize;

use crate::source::Location;

/// Something deprecated in a contract.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Retirement {
    /// The contract's path.
    pub contract: String,
    /// Where it is declared.
    pub location: Location,
    /// What it is: `GET /orders`, `Order.sku`, `acme.v1.Order.sku`.
    pub name: String,
    /// The last day on which it works, `YYYY-MM-DD`; `null` where none is announced.
    pub sunset: Option<String>,
    /// Whether that day is over: its removal is no longer an error.
    pub may_be_removed: bool,
}
