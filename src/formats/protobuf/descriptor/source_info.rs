//! Places in a file of a descriptor set, out of its `SourceCodeInfo`.
//!
//! The file's text is not there. One of the same shape stands for it: as many lines, as long as they were, blank but for
//! the names, which are where they were. So places are lines and columns as everywhere. Comments stand behind all
//! that.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::formats::protobuf::descriptor::wire::{Malformed, Reader, Value};
use crate::formats::protobuf::model::{Comments, Extent, File, Message, Name};

/// Larger texts are not made: a descriptor of a few bytes can claim any line and column.
const MAX_TEXT: usize = 8 << 20;

/// The places of one file.
pub(super) struct SourceInfo {
    places: FxHashMap<Vec<i32>, Place>,
    blank: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Place {
    extent: Extent,
    comment: Extent,
}

/// A location as it is encoded: path, `[line, column, end line, end column]`, comment.
struct Location<'a> {
    path: Vec<i32>,
    span: [usize; 4],
    comment: &'a [u8],
}

impl SourceInfo {
    /// Reads `SourceCodeInfo`; `None` where it says nothing, is broken or claims too much.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let mut locations = Vec::new();
        while let Some((number, value)) = reader.record().ok()? {
            if let (1, Value::Bytes(inner)) = (number, value) {
                locations.extend(location(inner).ok()?);
            }
        }
        let mut lengths: Vec<usize> = Vec::new();
        for Location { span: [line, column, end_line, end_column], .. } in &locations {
            if *end_line >= MAX_TEXT || line > end_line {
                return None;
            }
            if lengths.len() <= *end_line {
                lengths.resize(end_line + 1, 0);
            }
            lengths[*line] = lengths[*line].max(*column);
            lengths[*end_line] = lengths[*end_line].max(*end_column);
        }
        let comments = locations.iter().map(|location| location.comment.len() + 1);
        let total =
            lengths.iter().map(|length| length.saturating_add(1)).chain(comments).fold(0, usize::saturating_add);
        if locations.is_empty() || total > MAX_TEXT {
            return None;
        }
        let mut starts = Vec::with_capacity(lengths.len());
        let mut blank = Vec::with_capacity(total);
        for length in lengths {
            starts.push(blank.len());
            blank.resize(blank.len() + length, b' ');
            blank.push(b'\n');
        }
        let mut places = FxHashMap::default();
        for Location { path, span: [line, column, end_line, end_column], comment } in locations {
            let (start, end) = (starts[line] + column, starts[end_line] + end_column);
            let extent = Extent::new(start as u32, end.max(start) as u32);
            let comment_start = blank.len();
            // Comments are read for dates; what is not ASCII in them does not matter.
            blank.extend(comment.iter().map(|byte| if byte.is_ascii() { *byte } else { b'?' }));
            let comment = Extent::new(comment_start as u32, blank.len() as u32);
            blank.push(b'\n');
            places.entry(path).or_insert(Place { extent, comment });
        }
        Some(Self { places, blank })
    }

    /// Puts the places on the elements of the file they are of, and returns the text that they point into.
    pub(super) fn apply(mut self, file: &mut File) -> Arc<str> {
        file.syntax_extent = self.extent(&[12]);
        if let Some(package) = &mut file.package {
            package.extent = self.extent(&[2]);
            package.name_extent = package.extent;
        }
        for (at, import) in (0..).zip(&mut file.imports) {
            import.extent = self.extent(&[3, at]);
            import.path_extent = import.extent;
        }
        for (at, index) in (0..).zip(file.top_messages.clone()) {
            self.message(file, index, vec![4, at]);
        }
        for (at, index) in (0..).zip(file.top_enums.clone()) {
            self.enum_type(file, index, vec![5, at]);
        }
        for at in 0..file.services.len() {
            self.service(file, at, vec![6, at as i32]);
        }
        for (at, index) in (0..).zip(file.top_extensions.clone()) {
            self.field(file, index, vec![7, at]);
        }
        file.has_positions = true;
        String::from_utf8(self.blank).map(Arc::from).unwrap_or_default()
    }

    fn message(&mut self, file: &mut File, index: u32, path: Vec<i32>) {
        let message = &mut file.messages[index as usize];
        self.element(&path, 1, &mut message.name, &mut message.extent, &mut message.comments);
        let Message { fields, oneofs, messages, enums, extensions, .. } = message.clone();
        for (at, index) in (0..).zip(fields) {
            self.field(file, index, below(&path, 2, at));
        }
        for (at, index) in (0..).zip(messages) {
            self.message(file, index, below(&path, 3, at));
        }
        for (at, index) in (0..).zip(enums) {
            self.enum_type(file, index, below(&path, 4, at));
        }
        for (at, index) in (0..).zip(extensions) {
            self.field(file, index, below(&path, 6, at));
        }
        for (at, index) in (0..).zip(oneofs) {
            let oneof = &mut file.oneofs[index as usize];
            let mut comments = Comments::default();
            self.element(&below(&path, 8, at), 1, &mut oneof.name, &mut oneof.extent, &mut comments);
        }
    }

    fn field(&mut self, file: &mut File, index: u32, path: Vec<i32>) {
        let field = &mut file.fields[index as usize];
        self.element(&path, 1, &mut field.name, &mut field.extent, &mut field.comments);
        let part = |number: i32| {
            let mut path = path.clone();
            path.push(number);
            self.extent(&path)
        };
        field.number_extent = part(3);
        field.label_extent = part(4);
        field.type_name.extent = part(6).to(part(5));
        field.default_extent = part(7);
        field.json_name_extent = part(10);
    }

    fn enum_type(&mut self, file: &mut File, index: u32, path: Vec<i32>) {
        let item = &mut file.enums[index as usize];
        self.element(&path, 1, &mut item.name, &mut item.extent, &mut item.comments);
        for (at, index) in (0..).zip(item.values.clone()) {
            let path = below(&path, 2, at);
            let value = &mut file.values[index as usize];
            self.element(&path, 1, &mut value.name, &mut value.extent, &mut value.comments);
            value.number_extent = self.extent(&below_one(&path, 2));
        }
    }

    fn service(&mut self, file: &mut File, index: usize, path: Vec<i32>) {
        let service = &mut file.services[index];
        self.element(&path, 1, &mut service.name, &mut service.extent, &mut service.comments);
        for (at, index) in (0..).zip(service.rpcs.clone()) {
            let path = below(&path, 2, at);
            let rpc = &mut file.rpcs[index as usize];
            self.element(&path, 1, &mut rpc.name, &mut rpc.extent, &mut rpc.comments);
            rpc.request.extent = self.extent(&below_one(&path, 2));
            rpc.response.extent = self.extent(&below_one(&path, 3));
        }
    }

    fn element(
        &mut self,
        path: &[i32],
        name_number: i32,
        name: &mut Name,
        extent: &mut Extent,
        comments: &mut Comments,
    ) {
        let Some(whole) = self.places.get(path) else { return };
        *extent = whole.extent;
        comments.leading = whole.comment;
        name.extent = self.extent(&below_one(path, name_number));
        if name.extent.is_none() {
            name.extent = whole.extent;
            return;
        }
        let (start, end) = (name.extent.start as usize, name.extent.end as usize);
        if name.len() == end - start && name.is_ascii() {
            self.blank[start..end].copy_from_slice(name.as_bytes());
        }
    }

    fn extent(&self, path: &[i32]) -> Extent {
        self.places.get(path).map_or(Extent::NONE, |place| place.extent)
    }
}

fn below(path: &[i32], number: i32, at: i32) -> Vec<i32> {
    let mut path = path.to_vec();
    path.extend([number, at]);
    path
}

fn below_one(path: &[i32], number: i32) -> Vec<i32> {
    let mut path = path.to_vec();
    path.push(number);
    path
}

/// One `Location`; `None` where its span makes no sense.
fn location(bytes: &[u8]) -> Result<Option<Location<'_>>, Malformed> {
    let (mut path, mut span, mut comment) = (Vec::new(), Vec::new(), &b""[..]);
    let mut reader = Reader::new(bytes);
    while let Some((number, value)) = reader.record()? {
        match (number, value) {
            (1, Value::Bytes(packed)) => path.extend(numbers(packed)?),
            (1, Value::Varint(one)) => path.push(one),
            (2, Value::Bytes(packed)) => span.extend(numbers(packed)?),
            (2, Value::Varint(one)) => span.push(one),
            (3, Value::Bytes(text)) => comment = text,
            _ => {}
        }
    }
    let path = path.into_iter().map(|number| number as i32).collect();
    let limit = |number: u64| usize::try_from(number).ok().filter(|number| *number < MAX_TEXT);
    let span: Option<Vec<usize>> = span.into_iter().map(limit).collect();
    Ok(match span.as_deref() {
        Some(&[line, column, end_column]) if column <= end_column => {
            Some(Location { path, span: [line, column, line, end_column], comment })
        }
        Some(&[line, column, end_line, end_column]) if line <= end_line => {
            Some(Location { path, span: [line, column, end_line, end_column], comment })
        }
        _ => None,
    })
}

fn numbers(packed: &[u8]) -> Result<Vec<u64>, Malformed> {
    let mut reader = Reader::new(packed);
    let mut all = Vec::new();
    while !reader.is_empty() {
        all.push(reader.raw_varint()?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::protobuf::descriptor::wire::Writer;

    fn info(locations: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut all = Writer::default();
        for (path, span) in locations {
            let mut location = Writer::default();
            location.bytes(1, path);
            location.bytes(2, span);
            location.string(3, " Sunset: 2026-05-01");
            all.bytes(1, &location.into_bytes());
        }
        all.into_bytes()
    }

    #[test]
    fn places_are_lines_and_columns_of_a_blank_text() {
        let bytes = info(&[(&[4, 0], &[2, 0, 4, 1]), (&[4, 0, 1], &[2, 8, 13])]);
        let info = SourceInfo::read(&bytes).expect("the locations make sense");
        // Two empty lines, and eight columns before the name.
        assert_eq!(info.extent(&[4, 0, 1]), Extent::new(10, 15));
        assert_eq!(info.extent(&[4, 0]), Extent::new(2, 18));
        assert_eq!(info.extent(&[5]), Extent::NONE);
        let comment = info.places[&vec![4, 0]].comment;
        assert_eq!(&info.blank[comment.start as usize..comment.end as usize], b" Sunset: 2026-05-01");
    }

    #[test]
    fn places_that_make_no_sense_are_left_out() {
        assert!(SourceInfo::read(&info(&[(&[4, 0], &[2, 9, 1])])).is_none());
        assert!(SourceInfo::read(&info(&[(&[4, 0], &[0xff, 0xff, 0xff, 0x7f, 0, 1])])).is_none());
        assert!(SourceInfo::read(&[0xff]).is_none());
    }
}
