//! Through whose eyes a schema is read.

use crate::formats::schema::{Dialect, Keyword, Role};

/// Through whose eyes a schema is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::formats::schema) struct View {
    /// What travels.
    pub role: Role,
    /// Whether these are a writer's eyes; else a reader's.
    pub is_writer: bool,
    /// Writer: sends declared properties only, unless the schema says that there are others.
    pub is_closed: bool,
    /// Reader: copes with enum values and union tags that it does not know.
    pub opens_enums: bool,
    /// Reader: accepts declared properties only.
    pub is_strict: bool,
    /// Whether `format` constrains text.
    pub asserts_formats: bool,
    /// Whether `oneOf` is read as `anyOf`, because its branches overlap.
    pub is_loose: bool,
    /// Whether the schema is a part of another one (`allOf`), so that its discriminator speaks about that one.
    pub is_part: bool,
    /// Whether `readOnly` and `writeOnly` only document, where the dialect leaves it open.
    pub read_only_documents: bool,
}

impl View {
    /// The contract as a validator sees it.
    pub(in crate::formats::schema) const fn plain(role: Role) -> Self {
        Self {
            role,
            is_writer: false,
            is_closed: false,
            opens_enums: false,
            is_strict: false,
            asserts_formats: false,
            is_loose: false,
            is_part: false,
            read_only_documents: false,
        }
    }

    /// A writer that sends what is declared.
    pub(in crate::formats::schema) const fn writer(role: Role) -> Self {
        Self { is_writer: true, is_closed: true, ..Self::plain(role) }
    }

    /// The eyes for what stands under `not`, `if` or decides that exactly one branch holds: a writer obeys the
    /// contract there as a validator sees it, and no reader becomes tolerant by refusing more.
    pub(in crate::formats::schema) const fn negated(self) -> Self {
        Self {
            is_closed: false,
            opens_enums: false,
            is_strict: false,
            asserts_formats: false,
            is_part: false,
            is_writer: self.is_writer,
            ..self
        }
    }

    /// The eyes for a part of this schema.
    pub(super) const fn part(self) -> Self {
        Self { is_part: true, ..self }
    }

    /// The eyes for a value inside this one.
    pub(in crate::formats::schema) const fn inside(self) -> Self {
        Self { is_part: false, ..self }
    }
}

/// Whether a dialect defines a keyword that constrains values; others document, and validators ignore them.
pub(in crate::formats::schema) fn is_defined(keyword: Keyword, dialect: Dialect) -> bool {
    use Keyword as K;
    // Drafts in order; the OpenAPI versions by the draft that they are built on.
    let draft = match dialect {
        Dialect::OpenApi20 | Dialect::OpenApi30 | Dialect::Draft4 => 4,
        Dialect::Draft6 => 6,
        Dialect::Draft7 => 7,
        Dialect::Draft201909 => 8,
        Dialect::OpenApi31 | Dialect::OpenApi32 | Dialect::Draft202012 => 9,
    };
    let is_subset = matches!(dialect, Dialect::OpenApi20 | Dialect::OpenApi30);
    match keyword {
        K::Const | K::Contains | K::PropertyNames => draft >= 6,
        K::If | K::Then | K::Else => draft >= 7,
        K::DependentSchemas
        | K::DependentRequired
        | K::UnevaluatedItems
        | K::UnevaluatedProperties
        | K::MinContains
        | K::MaxContains => draft >= 8,
        K::PrefixItems | K::DynamicRef => draft >= 9,
        K::RecursiveRef => draft == 8,
        K::Dependencies => draft <= 7 && !is_subset,
        K::AdditionalItems => draft <= 8 && !is_subset,
        K::PatternProperties => !is_subset,
        K::AnyOf | K::OneOf | K::Not => dialect != Dialect::OpenApi20,
        K::Discriminator => dialect.is_openapi(),
        K::Nullable => dialect == Dialect::OpenApi30,
        K::XNullable => dialect == Dialect::OpenApi20,
        _ => true,
    }
}
