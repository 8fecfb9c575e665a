//! Every keyword of every dialect, so that none can be forgotten: tests walk [`Keyword::ALL`].

macro_rules! keywords {
    ($($variant:ident = $name:literal, $doc:literal;)*) => {
        /// A keyword that some dialect defines. What it means depends on the dialect; `Keyword` only names it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Keyword {
            $(#[doc = $doc] $variant,)*
            /// A name that no dialect defines: an extension or a custom keyword. The entry keeps it.
            Unknown,
        }

        impl Keyword {
            /// Every keyword that has a name, in the order of the specifications' chapters.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in a document; empty for [`Keyword::Unknown`].
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown => "",
                }
            }

            /// The keyword of a name.
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

keywords! {
    Schema = "$schema", "The dialect.";
    Id = "$id", "The base URI.";
    IdDraft4 = "id", "The base URI in draft 4.";
    Ref = "$ref", "Another schema.";
    Anchor = "$anchor", "A plain name for `$ref`.";
    DynamicRef = "$dynamicRef", "Another schema, by the outermost anchor.";
    DynamicAnchor = "$dynamicAnchor", "A name for `$dynamicRef`.";
    RecursiveRef = "$recursiveRef", "2019-09: the outermost root.";
    RecursiveAnchor = "$recursiveAnchor", "2019-09: takes part in `$recursiveRef`.";
    Vocabulary = "$vocabulary", "Of metaschemas only.";
    Comment = "$comment", "For maintainers.";
    Defs = "$defs", "Schemas to refer to.";
    Definitions = "definitions", "Schemas to refer to, before 2019-09.";
    AllOf = "allOf", "Every one holds.";
    AnyOf = "anyOf", "At least one holds.";
    OneOf = "oneOf", "Exactly one holds.";
    Not = "not", "Does not hold.";
    If = "if", "Chooses `then` or `else`.";
    Then = "then", "Holds where `if` does.";
    Else = "else", "Holds where `if` does not.";
    DependentSchemas = "dependentSchemas", "Holds where a property is there.";
    Dependencies = "dependencies", "Before 2019-09: both kinds of dependency.";
    PrefixItems = "prefixItems", "The first items, one by one.";
    Items = "items", "The items (the rest after `prefixItems`).";
    AdditionalItems = "additionalItems", "The items after an `items` array.";
    Contains = "contains", "Some item holds.";
    Properties = "properties", "The declared properties.";
    PatternProperties = "patternProperties", "Properties by pattern.";
    AdditionalProperties = "additionalProperties", "All other properties.";
    PropertyNames = "propertyNames", "The names themselves.";
    UnevaluatedItems = "unevaluatedItems", "Items that nothing looked at.";
    UnevaluatedProperties = "unevaluatedProperties", "Properties that nothing looked at.";
    Type = "type", "The JSON types.";
    Enum = "enum", "The values.";
    Const = "const", "The value.";
    MultipleOf = "multipleOf", "The step.";
    Maximum = "maximum", "The upper bound.";
    ExclusiveMaximum = "exclusiveMaximum", "The open upper bound.";
    Minimum = "minimum", "The lower bound.";
    ExclusiveMinimum = "exclusiveMinimum", "The open lower bound.";
    MaxLength = "maxLength", "Longest text, in characters.";
    MinLength = "minLength", "Shortest text, in characters.";
    Pattern = "pattern", "Is found in the text.";
    MaxItems = "maxItems", "Most items.";
    MinItems = "minItems", "Fewest items.";
    UniqueItems = "uniqueItems", "No item twice.";
    MaxContains = "maxContains", "Most matches of `contains`.";
    MinContains = "minContains", "Fewest matches of `contains`.";
    MaxProperties = "maxProperties", "Most properties.";
    MinProperties = "minProperties", "Fewest properties.";
    Required = "required", "The properties that must be there.";
    DependentRequired = "dependentRequired", "Properties that must be there beside another.";
    Format = "format", "The kind of text or number.";
    ContentEncoding = "contentEncoding", "How bytes are written as text.";
    ContentMediaType = "contentMediaType", "What the text holds.";
    ContentSchema = "contentSchema", "The schema of what the text holds.";
    Title = "title", "A short description.";
    Description = "description", "For people.";
    Default = "default", "What absence means.";
    Deprecated = "deprecated", "Should not be used.";
    ReadOnly = "readOnly", "Only sent by the provider.";
    WriteOnly = "writeOnly", "Only sent by the consumer.";
    Examples = "examples", "Sample values.";
    Example = "example", "OpenAPI: a sample value.";
    Nullable = "nullable", "OpenAPI 3.0: null beside the type.";
    XNullable = "x-nullable", "OpenAPI 2.0, by convention: null beside the type.";
    Discriminator = "discriminator", "OpenAPI: the tag of a union.";
    Xml = "xml", "OpenAPI: how it is written in XML.";
    ExternalDocs = "externalDocs", "OpenAPI: further reading.";
    CollectionFormat = "collectionFormat", "OpenAPI 2.0: how an array is written in a parameter.";
    XExtensibleEnum = "x-extensible-enum", "By convention: the values known so far; readers cope with others.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_by_its_own_name() {
        for &keyword in Keyword::ALL {
            assert_eq!(Keyword::from_name(keyword.name()), keyword);
        }
        assert_eq!(Keyword::from_name("x-mine"), Keyword::Unknown);
    }
}
