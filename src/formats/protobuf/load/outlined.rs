//! A file of which only the outline is known, as the linker takes it.

use rustc_hash::FxHashMap;

use crate::formats::protobuf::model::{
    Comments, Declared, EnumType, Extension, Extent, Field, File, Import, ImportKind, Kind, Message, MessageId, Name,
    Options, Outline, Package, Schema, Service, Text,
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
    file.imports = public.map(|(kind, path)| Import::unwritten(Text::from(path), kind)).collect();
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
            field.extension = Some(Box::new(Extension { full_name, ..Extension::default() }));
            file.fields.push(field);
        }
    }
}

/// Whether a name in an equal file means something else than in the old version, while what it means on one side is
/// known by its outline only: what such a type is made of can't be compared.
pub(super) fn hide_a_change(old: &Schema, new: &Schema) -> bool {
    let by_path: FxHashMap<&str, &File> = equal(new).map(|file| (file.tree_path.as_str(), file)).collect();
    equal(old).any(|before| {
        let differs = |before: Meaning<'_>, after: Meaning<'_>| before.0 != after.0 && (before.1 || after.1);
        by_path.get(before.tree_path.as_str()).is_some_and(|after| {
            meanings(old, before).zip(meanings(new, after)).any(|(before, after)| differs(before, after))
        })
    })
}

/// What a name means, and whether only the outline of that is known.
type Meaning<'a> = (&'a str, bool);

fn equal(schema: &Schema) -> impl Iterator<Item = &File> {
    schema.files.iter().filter(|file| file.is_unchanged && !file.is_outline && !file.tree_path.is_empty())
}

/// The types that a file refers to, in the order written; nothing for scalars.
fn meanings<'a>(schema: &'a Schema, file: &'a File) -> impl Iterator<Item = Meaning<'a>> {
    let message = |id: MessageId| (schema.message(id).full_name.as_str(), schema.file(id.file).is_outline);
    let fields = file.fields.iter().map(move |field| match field.kind {
        Kind::Message(id) => message(id),
        Kind::Enum(id) => (schema.enum_type(id).full_name.as_str(), schema.file(id.file).is_outline),
        _ => ("", false),
    });
    let extended = file.fields.iter().filter(|field| field.is_extension()).filter_map(|field| field.message);
    let called = file.rpcs.iter().flat_map(|rpc| [&rpc.request, &rpc.response]).filter_map(|side| side.message);
    fields.chain(extended.chain(called).map(message))
}
