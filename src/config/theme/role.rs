//! What a piece of the screen means; views ask for a role, themes give it a look.

macro_rules! roles {
    ($($name:ident $text:literal $sentence:literal;)*) => {
        /// What a piece of the screen means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $(#[doc = $sentence] $name,)*
        }

        impl Role {
            /// All roles.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in a theme file, dotted from the general to the special.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// A sentence for the reference of themes.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

roles! {
    Text "text" "Everything that is not something else.";
    Quiet "quiet" "Rules, line numbers, hints and whatever may be overlooked.";
    Title "title" "The name of a screen or sheet on its top line.";
    Heading "heading" "The name of a group of rows or of a pane.";
    Focus "focus" "The row under the cursor; a `>` says the same without colour.";
    Selection "selection" "Marked rows and a range that is being marked; a `*` says the same without colour.";
    Claim "claim" "What an agent says; only after the word `says`.";
    Found "found" "What was found by this program.";
    People "people" "Names of persons.";
    Warn "warn" "What contradicts, is unknown, or wants a look: `≠`, `?`, `!`.";
    Ok "ok" "A word that says that something is in order; never a whole row.";
    Error "error" "Something failed.";
    Risk "risk" "A tier, where it is none of the three below.";
    RiskHigh "risk.high" "High risk; the only red at rest.";
    RiskMedium "risk.medium" "Medium risk.";
    RiskLow "risk.low" "Low risk.";
    Diff "diff" "The lines of a diff.";
    DiffAdded "diff.added" "An added line; its tint fills the row.";
    DiffAddedWord "diff.added.word" "The words in an added line that differ from the removed one.";
    DiffAddedSign "diff.added.sign" "The `+` of an added line, and counts of added lines.";
    DiffAddedNumber "diff.added.number" "The line number of an added line.";
    DiffRemoved "diff.removed" "A removed line; its tint fills the row.";
    DiffRemovedWord "diff.removed.word" "The words in a removed line that differ from the added one.";
    DiffRemovedSign "diff.removed.sign" "The `-` of a removed line, and counts of removed lines.";
    DiffRemovedNumber "diff.removed.number" "The line number of a removed line.";
    DiffContext "diff.context" "An unchanged line.";
    DiffContextNumber "diff.context.number" "The line number of an unchanged line.";
    DiffFold "diff.fold" "The rule that stands for equal lines that are not shown.";
    DiffFile "diff.file" "The line that names a file.";
    DiffNote "diff.note" "A fact under a hunk: where a value came from, what the siblings have.";
    Syntax "syntax" "Source code that is none of the kinds below.";
    SyntaxComment "syntax.comment" "A comment.";
    SyntaxKeyword "syntax.keyword" "A keyword or operator word.";
    SyntaxString "syntax.string" "A text literal.";
    SyntaxNumber "syntax.number" "A number.";
    SyntaxConstant "syntax.constant" "True, false, null and other constants.";
    SyntaxKey "syntax.key" "The key of a mapping, an attribute, a tag.";
    SyntaxFunction "syntax.function" "The name of a function.";
    SyntaxType "syntax.type" "The name of a type or block.";
    SyntaxVariable "syntax.variable" "A variable or reference.";
    SyntaxPunctuation "syntax.punctuation" "Brackets, commas, colons.";
    Hint "hint" "The hint bar.";
    HintKey "hint.key" "A key in the hint bar, the help screen and the palette.";
    HintText "hint.text" "What that key does.";
    HintOff "hint.off" "An action that is blocked now, with its reason.";
    Border "border" "Lines between panes and around sheets.";
    Sheet "sheet" "The ground of a sheet that lies over the screen.";
    Input "input" "A text field.";
    InputCursor "input.cursor" "The place in a text field where the next character goes, while the field has the focus.";
    Match "match" "What a search found.";
    MatchCurrent "match.current" "The find under the cursor.";
    Active "active" "Characters that would have acted on the terminal or hidden something, shown as `<U+202E>`.";
}

impl Role {
    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }

    /// The more general role whose look this one refines: `diff.added` for `diff.added.word`; none for a role without a dot.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        self.name().rsplit_once('.').and_then(|(general, _)| Self::named(general))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_lead_back() {
        for (index, role) in Role::ALL.iter().enumerate() {
            assert_eq!(*role as usize, index);
            assert_eq!(Role::named(role.name()), Some(*role), "{}", role.name());
        }
    }

    #[test]
    fn every_dotted_role_refines_one_that_exists() {
        assert_eq!(Role::DiffAddedWord.parent(), Some(Role::DiffAdded));
        for role in Role::ALL {
            assert_eq!(role.parent().is_some(), role.name().contains('.'), "{}", role.name());
        }
    }
}
