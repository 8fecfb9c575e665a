//! Webhooks and callbacks: operations in which the provider is the one who asks.

use crate::change::Facts;
use crate::formats::openapi::diff::call::{Call, Part};
use crate::formats::openapi::diff::collector::{About, Collector};
use crate::formats::openapi::diff::operation;
use crate::formats::openapi::kinds;
use crate::formats::openapi::view::{Operation, PathItem};

/// How deep callbacks of callbacks are followed.
const DEEPEST: usize = 4;

/// Compares all webhooks.
pub(super) fn compare_webhooks(collector: &mut Collector<'_>) {
    let (old, new) = (collector.old.webhooks(), collector.new.webhooks());
    let kinds = (&kinds::WEBHOOK_REMOVED, &kinds::WEBHOOK_ADDED);
    let named = |item: PathItem<'_>| format!("webhook:{}", item.name());
    Events { kinds, path: &named }.compare(collector, &old, &new);
}

/// Compares the callbacks of two operations.
pub(super) fn compare_callbacks<'c>(
    collector: &mut Collector<'c>,
    call: &Call,
    old: Operation<'c>,
    new: Operation<'c>,
) {
    // A callback may refer to the operation that it belongs to.
    if call.path.matches(" callback:").count() >= DEEPEST {
        return;
    }
    let (before, after) = (old.callbacks(), new.callbacks());
    let names: std::collections::BTreeSet<&str> = before.iter().chain(&after).map(|callback| callback.name()).collect();
    let kinds = (&kinds::CALLBACK_REMOVED, &kinds::CALLBACK_ADDED);
    for name in names {
        let (before, after) = (
            before
                .iter()
                .find(|callback| callback.name() == name)
                .map(|callback| callback.expressions())
                .unwrap_or_default(),
            after
                .iter()
                .find(|callback| callback.name() == name)
                .map(|callback| callback.expressions())
                .unwrap_or_default(),
        );
        let label = call.label();
        let path = |_: PathItem<'_>| format!("{label} callback:{name}");
        Events { kinds, path: &path }.compare(collector, &before, &after);
    }
}

struct Events<'k> {
    kinds: (&'static crate::change::ChangeKind, &'static crate::change::ChangeKind),
    path: &'k dyn Fn(PathItem<'_>) -> String,
}

impl Events<'_> {
    fn compare<'c>(&self, collector: &mut Collector<'c>, old: &[PathItem<'c>], new: &[PathItem<'c>]) {
        for &item in old {
            let counterpart = new.iter().copied().find(|other| other.name() == item.name());
            for before in item.operations() {
                let after = counterpart
                    .and_then(|item| item.operations().into_iter().find(|after| after.method() == before.method()));
                let call = Call::new((self.path)(item), before, Some(before)).swapped();
                match after {
                    Some(after) if collector.is_same(before.cursor(), after.cursor()) => {}
                    Some(after) => operation::compare(collector, &call, before, after),
                    None => self.lone(collector, &call, before, counterpart, true),
                }
            }
        }
        for &item in new {
            let counterpart = old.iter().find(|other| other.name() == item.name());
            for after in item.operations() {
                let is_known = counterpart
                    .is_some_and(|item| item.operations().iter().any(|before| before.method() == after.method()));
                if !is_known {
                    let call = Call::new((self.path)(item), after, None).swapped();
                    self.lone(collector, &call, after, None, false);
                }
            }
        }
    }

    fn lone(
        &self,
        collector: &mut Collector<'_>,
        call: &Call,
        operation: Operation<'_>,
        around: Option<PathItem<'_>>,
        is_gone: bool,
    ) {
        let expression = operation.path();
        let name = if call.path.starts_with("webhook:") {
            call.label()
        } else {
            format!("{} {} {expression}", call.path, call.method)
        };
        let about = About {
            kind: "operation",
            name: name.clone(),
            old: is_gone.then(|| operation.cursor()),
            new: (!is_gone).then(|| operation.cursor()),
            around: around.map(PathItem::cursor),
        };
        let kind = if is_gone { self.kinds.0 } else { self.kinds.1 };
        let change = collector.push_in(call, Part::Whole, kind, Facts::default(), about);
        change.values.insert("name", name);
    }
}
