//! Every keyword of every dialect, and what a change of it is. The match has no catch-all: a keyword that is added to
//! [`Keyword`] has to be given its place here.

use crate::change::ChangeKind;
use crate::formats::schema::{Keyword, kinds as k};

/// What a change of a keyword is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Facet {
    /// One of these kinds of change.
    Compared(&'static [&'static ChangeKind]),
    /// Followed, to what it leads to.
    Inside,
    /// For people: one change of documentation per schema.
    Documentation,
    /// Names, anchors and the like, which matter by what refers to them.
    Identity,
    /// Reported as an extension.
    Extension,
}

/// What a change of a keyword is.
pub(super) const fn facet(keyword: Keyword) -> Facet {
    use Facet::{Compared, Documentation, Extension, Identity, Inside};
    use Keyword as K;
    match keyword {
        K::Schema | K::Id | K::IdDraft4 | K::Anchor | K::DynamicAnchor | K::RecursiveAnchor | K::Vocabulary => Identity,
        K::Ref | K::DynamicRef | K::RecursiveRef => Inside,
        K::Defs | K::Definitions => {
            Compared(const { &[&k::SCHEMA_ADDED, &k::SCHEMA_REMOVED, &k::SCHEMA_RENAMED, &k::UNUSED_SCHEMA_CHANGED] })
        }
        K::Comment | K::Title | K::Description | K::Examples | K::Example | K::Xml | K::ExternalDocs => Documentation,
        K::AllOf => Compared(const { &[&k::ALL_OF_CHANGED] }),
        K::AnyOf => Compared(const { &[&k::ANY_OF_CHANGED, &k::COMPOSITION_CHANGED] }),
        K::OneOf => Compared(const { &[&k::ONE_OF_CHANGED, &k::WRAPPED_IN_ONE_OF, &k::COMPOSITION_CHANGED] }),
        K::Not => Compared(const { &[&k::NOT_CHANGED, &k::SHAPE_CHANGED] }),
        K::If | K::Then | K::Else => Compared(const { &[&k::CONDITIONAL_CHANGED] }),
        K::DependentSchemas => Compared(const { &[&k::DEPENDENT_SCHEMA_CHANGED] }),
        K::Dependencies => Compared(const { &[&k::DEPENDENT_SCHEMA_CHANGED, &k::DEPENDENT_REQUIRED_CHANGED] }),
        K::DependentRequired => Compared(const { &[&k::DEPENDENT_REQUIRED_CHANGED] }),
        K::PrefixItems => Compared(const { &[&k::PREFIX_ITEMS_CHANGED] }),
        K::Items | K::AdditionalItems => Compared(const { &[&k::ITEMS_CHANGED] }),
        K::Contains => Compared(const { &[&k::CONTAINS_CHANGED] }),
        K::MaxContains => Compared(const { &[&k::MAX_CONTAINS_CHANGED] }),
        K::MinContains => Compared(const { &[&k::MIN_CONTAINS_CHANGED] }),
        K::UnevaluatedItems => Compared(const { &[&k::UNEVALUATED_ITEMS_CHANGED] }),
        K::Properties => Compared(const { &[&k::PROPERTY_ADDED, &k::PROPERTY_REMOVED] }),
        K::PatternProperties => Compared(const { &[&k::PATTERN_PROPERTY_CHANGED] }),
        K::AdditionalProperties => Compared(const { &[&k::ADDITIONAL_PROPERTIES_CHANGED] }),
        K::PropertyNames => Compared(const { &[&k::PROPERTY_NAMES_CHANGED] }),
        K::UnevaluatedProperties => Compared(const { &[&k::UNEVALUATED_PROPERTIES_CHANGED] }),
        K::Type => Compared(const { &[&k::TYPE_CHANGED] }),
        K::Nullable | K::XNullable => Compared(const { &[&k::NULLABILITY_CHANGED] }),
        K::Enum => {
            Compared(const { &[&k::ENUM_ADDED, &k::ENUM_REMOVED, &k::ENUM_VALUE_ADDED, &k::ENUM_VALUE_REMOVED] })
        }
        K::Const => Compared(const { &[&k::CONST_CHANGED] }),
        K::XExtensibleEnum => Compared(const { &[&k::EXTENSIBLE_ENUM_VALUE_ADDED, &k::EXTENSIBLE_ENUM_VALUE_REMOVED] }),
        K::MultipleOf => Compared(const { &[&k::MULTIPLE_OF_CHANGED] }),
        K::Maximum => Compared(const { &[&k::MAXIMUM_CHANGED] }),
        K::ExclusiveMaximum => Compared(const { &[&k::EXCLUSIVE_MAXIMUM_CHANGED] }),
        K::Minimum => Compared(const { &[&k::MINIMUM_CHANGED] }),
        K::ExclusiveMinimum => Compared(const { &[&k::EXCLUSIVE_MINIMUM_CHANGED] }),
        K::MaxLength => Compared(const { &[&k::MAX_LENGTH_CHANGED] }),
        K::MinLength => Compared(const { &[&k::MIN_LENGTH_CHANGED] }),
        K::Pattern => Compared(const { &[&k::PATTERN_CHANGED] }),
        K::MaxItems => Compared(const { &[&k::MAX_ITEMS_CHANGED] }),
        K::MinItems => Compared(const { &[&k::MIN_ITEMS_CHANGED] }),
        K::UniqueItems => Compared(const { &[&k::UNIQUE_ITEMS_CHANGED] }),
        K::MaxProperties => Compared(const { &[&k::MAX_PROPERTIES_CHANGED] }),
        K::MinProperties => Compared(const { &[&k::MIN_PROPERTIES_CHANGED] }),
        K::Required => Compared(const { &[&k::PROPERTY_BECAME_REQUIRED, &k::PROPERTY_BECAME_OPTIONAL] }),
        K::Format => Compared(const { &[&k::FORMAT_CHANGED] }),
        K::ContentEncoding => Compared(const { &[&k::CONTENT_ENCODING_CHANGED] }),
        K::ContentMediaType => Compared(const { &[&k::CONTENT_MEDIA_TYPE_CHANGED] }),
        K::ContentSchema => Compared(const { &[&k::CONTENT_SCHEMA_CHANGED] }),
        K::Default => Compared(const { &[&k::DEFAULT_CHANGED] }),
        K::Deprecated => {
            Compared(const { &[&k::DEPRECATED, &k::REACTIVATED, &k::SUNSET_CHANGED, &k::STABILITY_CHANGED] })
        }
        K::ReadOnly => Compared(const { &[&k::PROPERTY_BECAME_READ_ONLY, &k::PROPERTY_BECAME_NOT_READ_ONLY] }),
        K::WriteOnly => Compared(const { &[&k::PROPERTY_BECAME_WRITE_ONLY, &k::PROPERTY_BECAME_NOT_WRITE_ONLY] }),
        K::Discriminator => Compared(const { &[&k::DISCRIMINATOR_CHANGED, &k::DISCRIMINATOR_MAPPING_CHANGED] }),
        // Swagger 2.0: compared with the parameter that it writes.
        K::CollectionFormat => Inside,
        K::Unknown => Extension,
    }
}

/// The keywords for people.
pub(super) fn documentation() -> impl Iterator<Item = Keyword> {
    Keyword::ALL.iter().copied().filter(|&keyword| matches!(facet(keyword), Facet::Documentation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_change_belongs_to_a_keyword() {
        let named: Vec<&str> = Keyword::ALL
            .iter()
            .filter_map(|&keyword| match facet(keyword) {
                Facet::Compared(kinds) => Some(kinds.iter().map(|kind| kind.id)),
                _ => None,
            })
            .flatten()
            .collect();
        let general = ["documentation-changed", "extension-changed", "accepts-nothing"];
        let forgotten: Vec<&str> =
            k::ALL.iter().map(|kind| kind.id).filter(|id| !named.contains(id) && !general.contains(id)).collect();
        assert_eq!(forgotten, Vec::<&str>::new());
    }
}
