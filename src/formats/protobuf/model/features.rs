//! Edition features, resolved: what `FeatureSet` of `descriptor.proto` and the language features say.
//!
//! proto2 and proto3 files have the features that the specification assigns to them, so that comparisons look at
//! features only and moving a file to an edition without changing its meaning is no change.
//! See <https://protobuf.dev/editions/features/>.

use crate::formats::protobuf::model::Syntax;

macro_rules! feature {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal, $number:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// The value as written in an option.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The value of a name; unknown names give nothing.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// The number in the descriptor.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// The value of a number in a descriptor.
            #[must_use]
            pub const fn from_number(number: i32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

feature!(
    /// `features.field_presence`
    FieldPresence {
        /// Absence is told from the default.
        Explicit = "EXPLICIT", 1;
        /// It is not.
        Implicit = "IMPLICIT", 2;
        /// proto2 `required`.
        LegacyRequired = "LEGACY_REQUIRED", 3;
    }
);
feature!(
    /// `features.enum_type`
    EnumKind {
        /// Unknown numbers are values.
        Open = "OPEN", 1;
        /// Unknown numbers become unknown fields.
        Closed = "CLOSED", 2;
    }
);
feature!(
    /// `features.repeated_field_encoding`
    RepeatedFieldEncoding {
        /// All values in one length-delimited record.
        Packed = "PACKED", 1;
        /// One record per value.
        Expanded = "EXPANDED", 2;
    }
);
feature!(
    /// `features.utf8_validation`
    Utf8Validation {
        /// Strings that are no UTF-8 are refused.
        Verify = "VERIFY", 2;
        /// They are let through.
        None = "NONE", 3;
    }
);
feature!(
    /// `features.message_encoding`
    MessageEncoding {
        /// With a length before it.
        LengthPrefixed = "LENGTH_PREFIXED", 1;
        /// Between a start and an end tag, as groups are.
        Delimited = "DELIMITED", 2;
    }
);
feature!(
    /// `features.json_format`
    JsonFormat {
        /// JSON works, and names must not conflict.
        Allow = "ALLOW", 1;
        /// As proto2 does.
        LegacyBestEffort = "LEGACY_BEST_EFFORT", 2;
    }
);
feature!(
    /// `features.enforce_naming_style` (since edition 2024)
    EnforceNamingStyle {
        /// The 2024 style guide.
        Style2024 = "STYLE2024", 1;
        /// Anything.
        StyleLegacy = "STYLE_LEGACY", 2;
        /// The 2026 style guide.
        Style2026 = "STYLE2026", 3;
    }
);
feature!(
    /// `features.default_symbol_visibility` (since edition 2024), and what `export` and `local` say.
    SymbolVisibility {
        /// Everything can be used by other files.
        ExportAll = "EXPORT_ALL", 1;
        /// Top-level symbols can.
        ExportTopLevel = "EXPORT_TOP_LEVEL", 2;
        /// Nothing can.
        LocalAll = "LOCAL_ALL", 3;
        /// Nothing can, and nesting is limited.
        Strict = "STRICT", 4;
    }
);
feature!(
    /// `features.(pb.cpp).string_type`
    CppStringType {
        /// `std::string_view` accessors.
        View = "VIEW", 1;
        /// `absl::Cord`.
        Cord = "CORD", 2;
        /// `std::string`.
        String = "STRING", 3;
    }
);
feature!(
    /// `features.(pb.java).utf8_validation`
    JavaUtf8Validation {
        /// As `utf8_validation` says.
        Default = "DEFAULT", 1;
        /// Refused in any case.
        Verify = "VERIFY", 2;
    }
);
feature!(
    /// `features.(pb.java).nest_in_file_class`
    JavaNestInFileClass {
        /// Not in the file's class.
        No = "NO", 1;
        /// In it.
        Yes = "YES", 2;
        /// As `java_multiple_files` says.
        Legacy = "LEGACY", 3;
    }
);
feature!(
    /// `features.(pb.go).api_level`
    GoApiLevel {
        /// Not said.
        Unspecified = "API_LEVEL_UNSPECIFIED", 0;
        /// Open struct fields.
        Open = "API_OPEN", 1;
        /// Both.
        Hybrid = "API_HYBRID", 2;
        /// Accessors only.
        Opaque = "API_OPAQUE", 3;
    }
);
feature!(
    /// `features.(pb.go).strip_enum_prefix`
    GoStripEnumPrefix {
        /// Not said.
        Unspecified = "STRIP_ENUM_PREFIX_UNSPECIFIED", 0;
        /// Names are kept.
        Keep = "STRIP_ENUM_PREFIX_KEEP", 1;
        /// Both names are generated.
        GenerateBoth = "STRIP_ENUM_PREFIX_GENERATE_BOTH", 2;
        /// The enum's name is stripped.
        Strip = "STRIP_ENUM_PREFIX_STRIP", 3;
    }
);

/// Everything that is resolved for one element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Features {
    /// `field_presence`
    pub field_presence: FieldPresence,
    /// `enum_type`
    pub enum_type: EnumKind,
    /// `repeated_field_encoding`
    pub repeated_field_encoding: RepeatedFieldEncoding,
    /// `utf8_validation`
    pub utf8_validation: Utf8Validation,
    /// `message_encoding`
    pub message_encoding: MessageEncoding,
    /// `json_format`
    pub json_format: JsonFormat,
    /// `enforce_naming_style`
    pub enforce_naming_style: EnforceNamingStyle,
    /// `default_symbol_visibility`
    pub default_symbol_visibility: SymbolVisibility,
    /// `(pb.cpp)`
    pub cpp: CppFeatures,
    /// `(pb.java)`
    pub java: JavaFeatures,
    /// `(pb.go)`
    pub go: GoFeatures,
}

/// `google/protobuf/cpp_features.proto`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CppFeatures {
    /// Treat enums of other files as closed.
    pub legacy_closed_enum: bool,
    /// The type of string accessors.
    pub string_type: CppStringType,
    /// Whether `Enum_Name` returns a view.
    pub enum_name_uses_string_view: bool,
}

/// `google/protobuf/java_features.proto`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct JavaFeatures {
    /// Treat enums of other files as closed.
    pub legacy_closed_enum: bool,
    /// Whether strings are checked.
    pub utf8_validation: JavaUtf8Validation,
    /// Whether big enums get a big form.
    pub large_enum: bool,
    /// The old rule for the outer class name.
    pub use_old_outer_classname_default: bool,
    /// Where classes go.
    pub nest_in_file_class: JavaNestInFileClass,
}

/// `google/protobuf/go_features.proto`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GoFeatures {
    /// Whether `UnmarshalJSON` is generated for enums.
    pub legacy_unmarshal_json_enum: bool,
    /// The API of generated code.
    pub api_level: GoApiLevel,
    /// Names of enum values.
    pub strip_enum_prefix: GoStripEnumPrefix,
}

impl Features {
    /// What an element of a file of this syntax has where nothing is set.
    ///
    /// | | proto2 | proto3 | 2023 | 2024 |
    /// |---|---|---|---|---|
    /// | presence | explicit | implicit | explicit | explicit |
    /// | enums | closed | open | open | open |
    /// | repeated | expanded | packed | packed | packed |
    /// | UTF-8 | not checked | verified | verified | verified |
    /// | JSON | best effort | allow | allow | allow |
    /// | naming style | legacy | legacy | legacy | 2024 |
    /// | visibility | all | all | all | top level |
    #[must_use]
    pub const fn defaults(syntax: Syntax) -> Self {
        let is_proto2 = matches!(syntax, Syntax::Proto2);
        let is_proto3 = matches!(syntax, Syntax::Proto3);
        let is_2024 = matches!(syntax, Syntax::Edition2024);
        Self {
            field_presence: if is_proto3 { FieldPresence::Implicit } else { FieldPresence::Explicit },
            enum_type: if is_proto2 { EnumKind::Closed } else { EnumKind::Open },
            repeated_field_encoding: if is_proto2 {
                RepeatedFieldEncoding::Expanded
            } else {
                RepeatedFieldEncoding::Packed
            },
            utf8_validation: if is_proto2 { Utf8Validation::None } else { Utf8Validation::Verify },
            message_encoding: MessageEncoding::LengthPrefixed,
            json_format: if is_proto2 { JsonFormat::LegacyBestEffort } else { JsonFormat::Allow },
            enforce_naming_style: if is_2024 { EnforceNamingStyle::Style2024 } else { EnforceNamingStyle::StyleLegacy },
            default_symbol_visibility: if is_2024 {
                SymbolVisibility::ExportTopLevel
            } else {
                SymbolVisibility::ExportAll
            },
            cpp: CppFeatures {
                legacy_closed_enum: is_proto2,
                string_type: if is_2024 { CppStringType::View } else { CppStringType::String },
                enum_name_uses_string_view: is_2024,
            },
            java: JavaFeatures {
                legacy_closed_enum: is_proto2,
                utf8_validation: JavaUtf8Validation::Default,
                large_enum: false,
                use_old_outer_classname_default: !is_2024,
                nest_in_file_class: if is_2024 { JavaNestInFileClass::No } else { JavaNestInFileClass::Legacy },
            },
            go: GoFeatures {
                legacy_unmarshal_json_enum: is_proto2,
                api_level: if is_2024 { GoApiLevel::Opaque } else { GoApiLevel::Unspecified },
                strip_enum_prefix: GoStripEnumPrefix::Keep,
            },
        }
    }
}
