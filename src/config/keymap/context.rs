//! Where a binding counts.

use std::fmt;

macro_rules! contexts {
    ($($name:ident $text:literal $sentence:literal;)*) => {
        /// A part of the console that has keys of its own; a keymap file has a table for each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Context {
            $(#[doc = $sentence] $name,)*
        }

        impl Context {
            /// All contexts, in the order of the help screen.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name of its table in a keymap file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// A sentence for the help screen.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

contexts! {
    Everywhere "everywhere" "Wherever no text is typed and the nearer table has nothing.";
    Queue "queue" "In the list of proposals.";
    Review "review" "In one proposal: diff, questions, files.";
    Confirm "confirm" "On a sheet that waits for consent: approve, withdraw, start the ledger.";
    Write "write" "On a sheet that is written in: reject, hold or ask, a line comment.";
    Find "find" "On the line of a search.";
    Palette "palette" "In the list of everything that can be done.";
    Page "page" "On a page to read: help, problems, policy, history.";
}

impl Context {
    /// The context of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|context| context.name() == name)
    }

    /// Whether plain keys are text here, so that [`Self::Everywhere`] does not count.
    #[must_use]
    pub const fn typed(self) -> bool {
        matches!(self, Self::Write | Self::Find | Self::Palette)
    }

    /// The contexts that count here, the nearest first: what [`Keymap::step`](super::Keymap::step) walks.
    #[must_use]
    pub const fn stack(self) -> &'static [Self] {
        match self {
            Self::Everywhere => &[Self::Everywhere],
            Self::Queue => &[Self::Queue, Self::Everywhere],
            Self::Review => &[Self::Review, Self::Everywhere],
            Self::Confirm => &[Self::Confirm, Self::Everywhere],
            Self::Page => &[Self::Page, Self::Everywhere],
            Self::Write => &[Self::Write],
            Self::Find => &[Self::Find],
            Self::Palette => &[Self::Palette],
        }
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for (index, context) in Context::ALL.iter().enumerate() {
            assert_eq!(*context as usize, index);
            assert_eq!(Context::named(context.name()), Some(*context));
        }
        assert_eq!(Context::named("nowhere"), None);
    }

    #[test]
    fn what_counts_everywhere_counts_where_nothing_is_typed() {
        for context in Context::ALL {
            assert_eq!(context.stack()[0], *context);
            assert_eq!(context.stack().contains(&Context::Everywhere), !context.typed());
        }
    }
}
