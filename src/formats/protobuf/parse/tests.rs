//! What the parser makes of files, right and wrong.

use std::sync::Arc;

use crate::formats::protobuf::model::{FileIndex, ImportKind, Kind, Label, Syntax, Text};
use crate::formats::protobuf::parse::{OptionTarget, Parsed, RawValue, Room, parse};
use crate::source::FileId;

fn read(text: &str) -> Parsed {
    parse(&Arc::from(text), Text::from("a.proto"), FileIndex(0), FileId(0), &mut Room::default())
}

fn faults(text: &str) -> Vec<(String, String)> {
    let parsed = read(text);
    let shown = |at: (u32, u32)| text[at.0 as usize..at.1 as usize].to_owned();
    parsed.faults.into_iter().map(|fault| (shown((fault.extent.start, fault.extent.end)), fault.message)).collect()
}

#[test]
fn a_whole_file_is_read_with_places() {
    let text = r#"
// Orders.
syntax = "proto3";
package acme.v1;
import public "a/b.proto";
option go_package = "x/y";
message Order {
  optional string sku = 1 [json_name = "SKU", deprecated = true];
  map<string, Line> line_items = 2;
  oneof pay { int32 card = 3; string iban = 4; }
  message Line { repeated int64 n = 1; }
  reserved 5, 7 to max;
  reserved "old";
}
enum State { STATE_UNKNOWN = 0; STATE_OPEN = -1; }
service Orders {
  rpc Watch(stream Order) returns (stream .acme.v1.Order) { option idempotency_level = IDEMPOTENT; }
}
"#;
    let parsed = read(text);
    assert_eq!(parsed.faults, []);
    let file = &parsed.file;
    assert_eq!(file.syntax, Syntax::Proto3);
    assert_eq!(file.imports[0].kind, ImportKind::Public);
    let names: Vec<&str> = file.messages.iter().map(|message| message.full_name.as_str()).collect();
    assert_eq!(names, ["acme.v1.Order", "acme.v1.Order.LineItemsEntry", "acme.v1.Order.Line"]);
    let order = &file.messages[0];
    let fields: Vec<(&str, i32)> = file.fields[order.fields.start as usize..order.fields.end as usize]
        .iter()
        .map(|field| (&*field.name, field.number))
        .collect();
    assert_eq!(fields, [("sku", 1), ("line_items", 2), ("card", 3), ("iban", 4)]);
    let oneofs: Vec<(&str, bool, usize)> =
        file.oneofs.iter().map(|oneof| (&*oneof.name, oneof.is_synthetic, oneof.fields.len())).collect();
    assert_eq!(oneofs, [("pay", false, 2), ("_sku", true, 1)]);
    assert!(order.reserves_number(536_870_911) && order.reserves_name("old"));
    assert!(file.rpcs[0].request.is_stream && file.rpcs[0].response.is_stream);
    let sku = &file.fields[order.fields.start as usize];
    assert_eq!(sku.json_name.as_deref().map(Text::as_str), Some("SKU"));
    let written = &text[sku.extent.start as usize..sku.extent.end as usize];
    assert_eq!(written, r#"optional string sku = 1 [json_name = "SKU", deprecated = true];"#);
}

#[test]
fn groups_have_a_lower_case_field_and_a_message() {
    let parsed = read("message M { optional group Item = 1 { required int32 n = 2; } }");
    assert_eq!(parsed.faults, []);
    let group = parsed.file.fields.last().expect("the group's field");
    assert_eq!((&*group.name, group.label, group.is_delimited), ("item", Some(Label::Optional), true));
    assert!(matches!(group.kind, Kind::Message(id) if parsed.file.messages[id.index as usize].is_group));
}

#[test]
fn options_keep_their_paths_and_values() {
    let parsed = read(
        "syntax = 'proto3'; option (a.b).c = { x: 1, y { z: [1, 2] } [d.e]: 'f' 'g' [u.rl/T] < q: -inf > }; \
         message M { int32 n = 1 [(v) = -3]; }",
    );
    assert_eq!(parsed.faults, []);
    let file = parsed.options.iter().find(|options| options.target == OptionTarget::File).expect("file options");
    assert_eq!(file.settings[0].path.len(), 2);
    let RawValue::Message(fields) = &file.settings[0].value else { panic!("a message value") };
    assert_eq!(fields.len(), 4);
    let field = parsed.options.iter().find(|options| options.target == OptionTarget::Field(0)).expect("options");
    assert_eq!(field.settings[0].value, RawValue::Int(true, 3));
}

#[test]
fn every_syntax_error_is_reported_and_the_rest_is_read() {
    let text = "syntax = \"proto3\";\nmessage A {\n  string = 1;\n  int32 n 2;\n  bool ok = 3\n}\nmesage B {}\n\
                message C { string s = 1; }\nenum { X = 0; }\n";
    let found: Vec<String> = faults(text).into_iter().map(|(at, _)| at).collect();
    assert_eq!(found, ["=", "2", "3", "mesage", "{"]);
    assert_eq!(read(text).file.messages.len(), 2);
}

#[test]
fn what_is_never_closed_is_reported_where_it_opens() {
    assert_eq!(
        faults("message A { message B {"),
        [
            ("{".to_owned(), "this message is never closed".to_owned()),
            ("{".to_owned(), "this message is never closed".to_owned()),
        ]
    );
}

#[test]
fn deep_nesting_is_refused_without_deep_recursion() {
    let text = "message A {".repeat(100_000);
    assert!(faults(&text).iter().any(|(_, message)| message.contains("nested more than 32 deep")));
    let text = format!("option (a) = {}", "{ a ".repeat(100_000));
    assert!(faults(&text).iter().any(|(_, message)| message.contains("nested more than 100 deep")));
}

#[test]
fn keywords_can_be_names() {
    let parsed = read(
        "message message { optional int32 message = 1; optional string option = 2; repeated bool group = 3; } \
         service service { rpc rpc(message) returns (message); } enum enum { option_x = 0; }",
    );
    assert_eq!(parsed.faults, []);
}
