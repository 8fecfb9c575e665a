//! What every view has: fields that are handed out as they are.

/// Writes the methods that hand out fields of a view: each field with its meaning.
macro_rules! accessors {
    ($view:ident { $($(#[$meaning:meta])* $field:ident: $type:ty,)+ }) => {
        impl<'a> $view<'a> {
            $(
                $(#[$meaning])*
                #[must_use]
                pub const fn $field(self) -> $type {
                    self.$field
                }
            )+
        }
    };
}

pub(super) use accessors;
