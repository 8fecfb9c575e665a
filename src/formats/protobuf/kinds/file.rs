//! Files, packages, imports, syntax and file options.

use crate::change::{ChangeKind, FactDecl};
use crate::formats::protobuf::kinds::{kind, kind_without};

/// A file is gone. `contents`: `moved` when everything in it is elsewhere in the package.
pub(crate) static FILE_REMOVED: ChangeKind = kind_without(
    "file-removed",
    &[
        FactDecl::one_of("contents", &["gone", "moved"]),
        FactDecl::boolean("services"),
        FactDecl::one_of("package", &["kept", "gone"]),
    ],
    &[&[("contents", "moved"), ("package", "gone")], &[("contents", "moved"), ("services", "true")]],
);

/// All files of a package are gone, and there were several.
pub(crate) static PACKAGE_REMOVED: ChangeKind = kind("package-removed", &[FactDecl::boolean("services")]);

/// A file is new.
pub(crate) static FILE_ADDED: ChangeKind = kind("file-added", &[]);

/// A file has another path and the same package.
pub(crate) static FILE_MOVED: ChangeKind = kind("file-moved", &[]);

/// A file declares another package, at the same path or at a new one. `old-package`: whether any file still declares
/// the old one.
pub(crate) static FILE_PACKAGE_CHANGED: ChangeKind = kind(
    "file-package-changed",
    &[
        FactDecl::boolean("services"),
        FactDecl::one_of("path", &["same", "moved"]),
        FactDecl::one_of("old-package", &["kept", "gone"]),
    ],
);

/// The `syntax` or `edition` line changed. `effect`: what that alone did to the elements of the file.
pub(crate) static FILE_SYNTAX_CHANGED: ChangeKind = kind(
    "file-syntax-changed",
    &[FactDecl::one_of("effect", &["none", "source", "data"]), FactDecl::boolean("edition-step")],
);

/// A feature set on a file or message changed what its elements inherit. `effect` as above.
pub(crate) static FEATURES_CHANGED: ChangeKind =
    kind("features-changed", &[FactDecl::one_of("effect", &["source", "data"])]);

/// An option of the file that only code generators read.
pub(crate) static FILE_OPTION_CHANGED: ChangeKind =
    kind("file-option-changed", &[FactDecl::one_of("option", LANGUAGE_OPTIONS)]);

/// Options of a file that only code generators read.
pub(crate) const LANGUAGE_OPTIONS: &[&str] = &[
    "cc_enable_arenas",
    "cc_generic_services",
    "csharp_namespace",
    "go_package",
    "java_generic_services",
    "java_multiple_files",
    "java_outer_classname",
    "java_package",
    "java_string_check_utf8",
    "objc_class_prefix",
    "optimize_for",
    "php_class_prefix",
    "php_generic_services",
    "php_metadata_namespace",
    "php_namespace",
    "py_generic_services",
    "ruby_package",
    "swift_prefix",
];

/// An `import public` is gone or no longer public.
pub(crate) static PUBLIC_IMPORT_REMOVED: ChangeKind = kind("public-import-removed", &[]);

/// An `import public` is new.
pub(crate) static PUBLIC_IMPORT_ADDED: ChangeKind = kind("public-import-added", &[]);
