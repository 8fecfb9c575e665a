//! Names and extension numbers that two files declare.

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::formats::protobuf::fault::{DUPLICATE, Fault};
use crate::formats::protobuf::model::{Extent, File, MessageId, Origin};

/// Reports what is declared twice, in one file or in two files of one group. `faults` has one list per file.
pub(super) fn find(files: &[File], groups: &[u32], faults: &mut [Vec<Fault>]) {
    let total = files.iter().map(|file| top_level(file).count()).sum();
    let mut names: FxHashMap<(u32, &str, &str), usize> = FxHashMap::with_capacity_and_hasher(total, FxBuildHasher);
    let mut numbers: FxHashMap<(u32, MessageId, i32), usize> = FxHashMap::default();
    for (index, file) in files.iter().enumerate() {
        // A tree that vendors a built-in file declares the same names; the vendored file wins. A file of which only
        // the outline is known declares nothing that another one does: else it would have been read.
        if file.origin == Origin::BuiltIn || file.is_outline {
            continue;
        }
        let group = groups.get(index).copied().unwrap_or(0);
        let package = file.package_name();
        for (name, extent) in top_level(file) {
            if let Some(other) = names.insert((group, package, name), index) {
                let full = if package.is_empty() { name.to_owned() } else { format!("{package}.{name}") };
                let place =
                    if other == index { "this file".to_owned() } else { format!("`{}`", files[other].shown_path()) };
                let text = format!("`{full}` is already declared in {place}");
                faults[index].push(Fault::new(DUPLICATE, extent, text).with_help("rename one of them"));
            }
        }
        for field in file.fields.iter().filter(|field| field.is_extension()) {
            let Some(message) = field.message else { continue };
            if let Some(other) = numbers.insert((group, message, field.number), index) {
                let extended = &files[message.file.0 as usize].messages[message.index as usize].full_name;
                let place =
                    if other == index { "this file".to_owned() } else { format!("`{}`", files[other].shown_path()) };
                let text =
                    format!("number {} of `{extended}` is already used by an extension in {place}", field.number);
                faults[index].push(Fault::new(DUPLICATE, field.number_extent, text));
            }
        }
    }
}

/// The names that a file declares in its package: types, services, extensions, and the values of its enums.
fn top_level(file: &File) -> impl Iterator<Item = (&str, Extent)> {
    let messages = file.top_messages.iter().map(|&at| &file.messages[at as usize].name);
    let enums = file.top_enums.iter().map(|&at| &file.enums[at as usize].name);
    let values = file.top_enums.iter().flat_map(|&at| {
        let range = file.enums[at as usize].values.clone();
        file.values[range.start as usize..range.end as usize].iter().map(|value| &value.name)
    });
    let services = file.services.iter().map(|service| &service.name);
    let extensions = file.top_extensions.iter().map(|&at| &file.fields[at as usize].name);
    messages.chain(enums).chain(values).chain(services).chain(extensions).map(|name| (&**name, name.extent))
}
