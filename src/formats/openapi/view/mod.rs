//! One typed view over Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2.
//!
//! Views are small copies of cursors: nothing is read before it is asked for, nothing unknown is lost (every view
//! gives its [`Cursor`](crate::syntax::Cursor)), and each value has a place to point at. References are followed where
//! the specification allows them; schemas are handed out as they are written, for the schema graph.
//!
//! | Swagger 2.0 | is seen as |
//! |---|---|
//! | `in: body` parameter, `consumes` | request body with one media type each |
//! | `in: formData` parameters | request body with [`Shape::Form`] |
//! | response `schema`, `produces` | response content with one media type each |
//! | `collectionFormat` | `style` and `explode` |
//! | `schemes`, `host`, `basePath` | servers |
//! | `definitions`, `securityDefinitions`, … | components |
//! | `type: basic`, OAuth 2 `flow` | HTTP scheme `basic`, OAuth 2 flows |

mod accessors;
mod api;
mod body;
mod operation;
mod parameter;
mod path;
mod response;
mod security;
mod server;

pub use api::{Api, ComponentKind, Info, Root, SchemaAt};
pub use body::{Encoding, MediaType, RequestBody, Shape};
pub use operation::{Callback, Operation};
pub use parameter::{Location, Parameter, Style};
pub use path::PathItem;
pub use response::{Header, Link, Response};
pub use security::{Flow, FlowKind, Requirement, Scheme, SchemeKind};
pub use server::{Server, Variable};
