//! A file of which only the outline is known, as the linker takes it.

use crate::formats::protobuf::model::{
    Comments, Declared, EnumType, Extent, Field, File, Import, ImportKind, Message, Name, Options, Outline, Package,
    Service, Text, TypeName,
};
use crate::formats::protobuf::parse::Parsed;
use crate::source::FileId;

/// The names of an outline, and those imports that others see through it. Nothing is known of what types are made of.
pub(super) fn file(outline: &Outline, path: Text, source: FileId) -> Parsed {
    let mut file = File::empty(path, source);
    file.is_outline = true;
    file.is_unchanged = true;
    let package = outline.package();
    if !package.is_empty() {
        file.package = Some(Package { name: Text::from(package), name_extent: Extent::NONE, extent: Extent::NONE });
    }
    let public = outline.imports().filter(|(kind, _)| *kind == ImportKind::Public);
    file.imports = public
        .map(|(kind, path)| Import {
            path: Text::from(path),
            kind,
            file: None,
            is_used: false,
            path_extent: Extent::NONE,
            extent: Extent::NONE,
            comments: Comments::default(),
        })
        .collect();
    for (declared, name) in outline.names() {
        let full_name = if package.is_empty() { Text::from(name) } else { Text::from([package, ".", name].concat()) };
        declare(&mut file, declared, full_name);
    }
    Parsed { file, options: Vec::new(), encoded: Vec::new(), defaults: Vec::new(), faults: Vec::new(), text: None }
}

fn declare(file: &mut File, declared: Declared, full_name: Text) {
    let features = file.features;
    let simple = full_name.rsplit('.').next().unwrap_or(&full_name);
    let name = Name { text: Text::from(simple), extent: Extent::NONE };
    match declared {
        Declared::Message => file.messages.push(Message::empty(name, full_name, None, features)),
        Declared::Enum => file.enums.push(EnumType::empty(name, full_name, None, features)),
        // Values are no types; nobody refers to them from another file.
        Declared::Value => {}
        Declared::Service => file.services.push(Service {
            name,
            full_name,
            rpcs: 0..0,
            options: Options::default(),
            features,
            extent: Extent::NONE,
            comments: Comments::default(),
        }),
        Declared::Extension => {
            let mut field = Field::blank(features, Extent::NONE, Comments::default());
            field.name = name;
            field.full_name = full_name;
            field.extendee = Some(TypeName::default());
            file.fields.push(field);
        }
    }
}
