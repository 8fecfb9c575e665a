//! Edits that a change of type brings with it: whoever makes a text a number drops its `maxLength`, and has made one edit.
//!
//! A keyword speaks of values of some types. Where no such type is left in both versions, all those values came or went
//! with the type, and what the keyword said about them is no news.

use serde_json::Value;

use crate::change::ChangeKind;
use crate::formats::schema::Keyword;
use crate::formats::schema::diff::compare::Compare;
use crate::formats::schema::diff::edit::Edit;
use crate::formats::schema::diff::facets::{Facet, facet};
use crate::formats::schema::diff::view::View;
use crate::formats::schema::graph::Types;
use crate::formats::schema::kinds;

/// Drops the edits that only speak of types that came or went.
pub(super) fn fold(compare: &mut Compare<'_, '_, '_>) {
    let Some(shared) = shared_types(compare) else { return };
    compare.edits.retain(|edit| is_type_edit(edit) || spoken_of(edit).is_none_or(|types| types.meets(shared)));
}

/// Whether a listed value came or went with its type.
pub(super) fn goes_with_its_type(compare: &Compare<'_, '_, '_>) -> impl Fn(&Value) -> bool + use<> {
    let shared = shared_types(compare);
    move |value| shared.is_some_and(|shared| !value.is_null() && !shared.meets(Types::of(value)))
}

/// The types that are in both versions, where the type changed.
fn shared_types(compare: &Compare<'_, '_, '_>) -> Option<Types> {
    // `relation` is of no use for a type that no dialect knows.
    let is_known = |edit: &Edit| is_type_edit(edit) && !edit.old_value.is_empty() && !edit.new_value.is_empty();
    if !compare.edits.iter().any(is_known) {
        return None;
    }
    let types = |view: &View<'_, '_>| view.types().map_or(Types::ALL, |(types, _)| types.without(Types::NULL));
    Some(types(&compare.old).and(types(&compare.new)))
}

fn is_type_edit(edit: &Edit) -> bool {
    std::ptr::eq(edit.kind, &raw const kinds::TYPE_CHANGED)
}

/// The types of the values that an edit speaks of; `None` where it is about the schema as a whole.
fn spoken_of(edit: &Edit) -> Option<Types> {
    if std::ptr::eq(edit.kind, &raw const kinds::FORMAT_CHANGED) {
        let formats = [&edit.old_value, &edit.new_value].into_iter().filter(|format| !format.is_empty());
        return Some(formats.fold(Types::NONE, |types, format| types.or(of_format(format))));
    }
    let is_of = |keyword: &&Keyword| match facet(**keyword) {
        Facet::Compared(kinds) => kinds.iter().any(|kind: &&ChangeKind| std::ptr::eq(*kind, edit.kind)),
        _ => false,
    };
    Keyword::ALL.iter().find(is_of).and_then(|&keyword| of_keyword(keyword))
}

/// The types that a keyword speaks of; `None` for those that speak of all.
const fn of_keyword(keyword: Keyword) -> Option<Types> {
    use Keyword as K;
    match keyword {
        K::MaxLength | K::MinLength | K::Pattern | K::ContentEncoding | K::ContentMediaType | K::ContentSchema => {
            Some(Types::STRING)
        }
        K::MultipleOf | K::Maximum | K::ExclusiveMaximum | K::Minimum | K::ExclusiveMinimum => Some(Types::NUMBER),
        K::PrefixItems
        | K::Items
        | K::AdditionalItems
        | K::Contains
        | K::MaxContains
        | K::MinContains
        | K::UnevaluatedItems
        | K::MaxItems
        | K::MinItems
        | K::UniqueItems => Some(Types::ARRAY),
        K::Properties
        | K::PatternProperties
        | K::AdditionalProperties
        | K::PropertyNames
        | K::UnevaluatedProperties
        | K::MaxProperties
        | K::MinProperties
        | K::Required
        | K::DependentRequired
        | K::DependentSchemas
        | K::Discriminator => Some(Types::OBJECT),
        _ => None,
    }
}

/// The types that a format speaks of. Formats that nobody registered are of text.
fn of_format(format: &str) -> Types {
    let numbers = ["int", "uint", "float", "double", "decimal", "bigint", "single"];
    if numbers.iter().any(|number| format.starts_with(number)) { Types::NUMBER } else { Types::STRING }
}
