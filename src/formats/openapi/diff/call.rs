//! Whom a change concerns: one operation, and who sends what in it.

use crate::change::{Exposure, Operation};
use crate::formats::openapi::view;
use crate::formats::schema::Role;
use crate::formats::schema::diff::Use;
use crate::formats::schema::lifecycle::Lifecycle;

/// An operation as the changes in it name it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// The method.
    pub method: String,
    /// The path template as in the new version (the old one if it is gone); `webhook:paid`,
    /// `POST /orders callback:done`.
    pub path: String,
    /// Whether the provider is the one who sends: webhooks and callbacks.
    pub is_swapped: bool,
    /// How the operation stands in its life.
    pub life: Lifecycle,
}

/// The part of an operation that a change is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// What is asked.
    Request,
    /// What is answered.
    Response,
    /// The operation as such.
    Whole,
}

impl Call {
    /// The call of an operation, stable or not as it was in the old version.
    pub(super) fn new(path: String, operation: view::Operation<'_>, old: Option<view::Operation<'_>>) -> Self {
        let cursor = old.unwrap_or(operation).cursor();
        let life = Lifecycle::read(cursor.document(), cursor.place().node);
        Self { method: operation.method().to_owned(), path, is_swapped: false, life }
    }

    /// The same with the roles swapped.
    pub(super) fn swapped(self) -> Self {
        Self { is_swapped: true, ..self }
    }

    /// `GET /orders`, for people.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Who writes and who reads a part.
    pub(super) fn role(&self, part: Part) -> Role {
        if (part == Part::Request) == self.is_swapped { Role::Response } else { Role::Request }
    }

    /// The exposure of a part.
    pub(super) fn exposure(&self, part: Part) -> Exposure {
        match part {
            Part::Whole => Exposure::Both,
            part if self.role(part) == Role::Request => Exposure::Request,
            _ => Exposure::Response,
        }
    }

    /// The operation as reports list it.
    pub(super) fn operation(&self, part: Part) -> Operation {
        Operation { method: Some(self.method.clone()), path: self.path.clone(), exposure: self.exposure(part) }
    }

    /// The operation as a user of a schema.
    pub(super) fn used_by(&self, part: Part) -> Use {
        Use { operation: Some(self.operation(part)), is_unstable: self.life.is_unstable() }
    }

    /// A call that shows the break, ready to paste.
    pub(super) fn curl(&self, server: &str, with: &str) -> Option<String> {
        if self.is_swapped {
            return None;
        }
        let url = format!("{}{}", server.trim_end_matches('/'), self.path);
        let with = if with.is_empty() { String::new() } else { format!(" {with}") };
        Some(format!("curl -X {} '{}'{with}", self.method, url.replace('\'', "%27")))
    }
}
