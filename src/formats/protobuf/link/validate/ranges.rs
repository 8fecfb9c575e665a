//! Many ranges of numbers, asked many times.

use crate::formats::protobuf::model::Extent;

/// Ranges in order, so that a question takes logarithmic time: hostile files have hundreds of thousands.
pub(super) struct Ranges {
    sorted: Vec<(i32, i32, Extent)>,
}

impl Ranges {
    /// These ranges: first and last number, and where they are written.
    pub(super) fn new(ranges: impl Iterator<Item = (i32, i32, Extent)>) -> Self {
        let mut sorted: Vec<(i32, i32, Extent)> = ranges.collect();
        sorted.sort_by_key(|(start, end, extent)| (*start, *end, extent.start));
        Self { sorted }
    }

    /// Those that overlap one before them, in the order of the file.
    pub(super) fn overlapping(&self) -> Vec<Extent> {
        let mut found = Vec::new();
        let mut furthest: Option<(i32, Extent)> = None;
        for &(start, end, extent) in &self.sorted {
            if let Some((last, other)) = furthest
                && start <= last
            {
                // The one that is written later is told.
                found.push(if extent.start > other.start { extent } else { other });
            }
            if furthest.is_none_or(|(last, _)| end > last) {
                furthest = Some((end, extent));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whether a number is in one of them. Where ranges overlap (which is reported), the nearest start decides.
    pub(super) fn contain(&self, number: i32) -> bool {
        let behind = self.sorted.partition_point(|(start, ..)| *start <= number);
        behind > 0 && self.sorted[behind - 1].1 >= number
    }

    /// The first free number from `number` on.
    pub(super) fn next_free(&self, mut number: i32) -> i32 {
        for &(start, end, _) in &self.sorted {
            if start <= number && number <= end {
                number = end.saturating_add(1);
            }
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(pairs: &[(i32, i32)]) -> Ranges {
        Ranges::new((0_u32..).zip(pairs).map(|(at, &(start, end))| (start, end, Extent::new(at, at + 1))))
    }

    #[test]
    fn numbers_are_found_in_ranges() {
        let ranges = ranges(&[(10, 20), (1, 2), (21, 30)]);
        assert!(ranges.contain(1) && ranges.contain(15) && ranges.contain(30));
        assert!(!ranges.contain(0) && !ranges.contain(3) && !ranges.contain(31));
        assert_eq!((ranges.next_free(3), ranges.next_free(10)), (3, 31));
    }

    #[test]
    fn overlapping_ranges_are_told_once() {
        assert_eq!(ranges(&[(1, 5), (3, 4), (6, 7)]).overlapping(), [Extent::new(1, 2)]);
        assert_eq!(ranges(&[(1, 2), (3, 4)]).overlapping(), []);
    }
}
