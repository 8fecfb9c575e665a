//! What changed between two versions of a contract.

use crate::change::Change;
use crate::formats::CompareOptions;
use crate::formats::openapi::view::Api;

/// The changes from `old` to `new`, both sound.
pub(super) fn compare(old: &Api<'_>, new: &Api<'_>, options: &CompareOptions) -> Vec<Change> {
    let _ = (old, new, options);
    Vec::new()
}
