//! `config.md` and `json.md`: keys with their meaning, from the JSON Schemas that the program publishes.

use std::fmt::Write;

use counterpart::config;
use counterpart::render::report_schema;
use serde_json::Value;

use crate::reference::{cell, hold};

#[test]
fn the_page_of_the_project_file_is_current() {
    let mut text = String::from(
        "`counterpart config schema` prints the JSON Schema that this page shows; an example stands in \
         [Configuration](../configuration.md). All keys are optional unless marked. Unknown keys are errors.\n",
    );
    tables(&config::schema(), &mut text);
    hold("config.md", "The project file: `counterpart.toml`", &text);
}

#[test]
fn the_page_of_the_json_report_is_current() {
    let mut text = String::from(
        "`--format json` prints one document on standard output, also where the work could not be done. Its JSON Schema is \
         [report.schema.json](report.schema.json); what may change in it is in [Stability](../stability.md). Lines and \
         columns start at 1, columns count Unicode scalar values, ends are exclusive, and what is unknown is `null`.\n",
    );
    tables(&report_schema(), &mut text);
    hold("json.md", "The JSON report", &text);
}

/// The root's properties and those of each definition, in the order of the schema.
fn tables(schema: &Value, text: &mut String) {
    for branch in std::iter::once(schema).chain(schema["oneOf"].as_array().into_iter().flatten()) {
        if branch["properties"].is_object() {
            table("The document", branch, text);
        }
    }
    for branch in schema["anyOf"].as_array().into_iter().flatten() {
        if branch["properties"].is_object() {
            table("The document", branch, text);
        }
    }
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        table(name, definition, text);
    }
}

fn table(name: &str, schema: &Value, text: &mut String) {
    let title = if name == "The document" { name.to_owned() } else { format!("`{name}`") };
    let _ = writeln!(text, "\n## {title}\n");
    if let Some(description) = schema["description"].as_str() {
        // As it stands: a description may have a table of its own.
        let _ = writeln!(text, "{description}\n");
    }
    if let Some(properties) = schema["properties"].as_object() {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        text.push_str("| key | type | meaning |\n|---|---|---|\n");
        for (key, property) in properties {
            let mark = if required.contains(&key.as_str()) { " (always)" } else { "" };
            let meaning = cell(property["description"].as_str().unwrap_or_default());
            let _ = writeln!(text, "| `{key}`{mark} | {} | {meaning} |", cell(&kind(property)));
        }
        return;
    }
    let values = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    for value in values.into_iter().flatten() {
        let meaning = cell(value["description"].as_str().unwrap_or_default());
        let _ = writeln!(text, "- {}: {meaning}", kind(value));
    }
    if values.is_none() {
        let _ = writeln!(text, "{}.", kind(schema));
    }
}

/// A type in words: `list of string`, `Severity or null`, `"error" or "warning"`.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if !schema["const"].is_null() {
        return format!("`{}`", schema["const"]);
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    }
    if let Some(branches) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
        return branches.iter().map(kind).collect::<Vec<_>>().join(" or ");
    }
    let one = |name: &str| match name {
        "array" if schema["items"].is_object() => format!("list of {}", kind(&schema["items"])),
        "array" => "list".to_owned(),
        "object" if schema["additionalProperties"].is_object() => {
            format!("table of {}", kind(&schema["additionalProperties"]))
        }
        other => other.to_owned(),
    };
    match &schema["type"] {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or "),
        _ => "anything".to_owned(),
    }
}
