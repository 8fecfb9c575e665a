//! The JSON Schema of the project file, for editors.

use crate::config::file::ProjectFile;

/// The schema as published.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(ProjectFile).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "counterpart.toml".into());
    }
    schema
}
