//! Plans that are larger than memory, in parts that are not.

use crate::verify::load::{HELD, Loaded};
use crate::verify::plan::Planned;

/// Interactions whose pacts are in memory at the same time.
pub(crate) struct Batch<'p> {
    /// In the order of the plan.
    outlined: Vec<Planned<'p>>,
    /// The pacts as wholes, each with its outline; none where all of them are held anyway.
    wholes: Vec<(&'p Loaded, Result<Loaded, String>)>,
}

/// Divides a plan: what is held is one batch, and the others are as large as what is held may be.
pub(crate) fn batches<'p>(interactions: &[Planned<'p>]) -> impl Iterator<Item = Batch<'p>> {
    let (held, stored): (Vec<Planned<'p>>, Vec<Planned<'p>>) =
        interactions.iter().copied().partition(|planned| planned.loaded.stored_size().is_none());
    let mut groups: Vec<Vec<Planned<'p>>> = Vec::new();
    let mut size = 0;
    for planned in stored {
        let last = groups.last().and_then(|group| group.last());
        if last.is_none_or(|last| !std::ptr::eq(last.loaded, planned.loaded)) {
            let more = planned.loaded.stored_size().unwrap_or(0);
            if groups.is_empty() || size + more > HELD {
                groups.push(Vec::new());
                size = 0;
            }
            size += more;
        }
        if let Some(group) = groups.last_mut() {
            group.push(planned);
        }
    }
    let held = (!held.is_empty()).then_some(Batch { outlined: held, wholes: Vec::new() });
    // Read when it is its turn.
    held.into_iter().chain(groups.into_iter().map(|group| {
        let mut pacts: Vec<&Loaded> = group.iter().map(|planned| planned.loaded).collect();
        pacts.dedup_by(|one, other| std::ptr::eq(*one, *other));
        Batch { outlined: group, wholes: pacts.into_iter().map(|outline| (outline, outline.whole())).collect() }
    }))
}

impl Batch<'_> {
    /// The interactions as wholes, or what is known of one whose pact is not there any more, and why.
    pub(crate) fn interactions(&self) -> impl Iterator<Item = Result<Planned<'_>, (Planned<'_>, &str)>> {
        self.outlined.iter().map(|planned| {
            let whole = self.wholes.iter().find(|(outline, _)| std::ptr::eq(*outline, planned.loaded));
            match whole.map(|(_, whole)| whole) {
                None => Ok(*planned),
                Some(Ok(whole)) => match whole.pact.interactions.get(planned.index) {
                    Some(interaction) => Ok(Planned { loaded: whole, interaction, ..*planned }),
                    None => Err((*planned, "its pact changed while it was verified")),
                },
                Some(Err(reason)) => Err((*planned, reason.as_str())),
            }
        })
    }
}
