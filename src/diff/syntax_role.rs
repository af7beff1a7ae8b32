//! What a piece of text is in its language: a few roles that every theme can colour, from the thousands of scopes of grammars.

use std::sync::OnceLock;

use syntect::parsing::{Scope, ScopeStack};

/// What a piece of text is in its language. A theme says how each looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SyntaxRole {
    /// A comment.
    Comment,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true`, `null` and the like.
    Constant,
    /// A key of a mapping, an attribute's name.
    Key,
    /// A keyword of the language.
    Keyword,
    /// The name of a function or command.
    Function,
    /// The name of a type, class or anchor.
    Type,
    /// A variable or parameter.
    Variable,
    /// Brackets, colons, commas, operators.
    Punctuation,
    /// A heading of prose, a section of a configuration file.
    Heading,
}

impl SyntaxRole {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Comment,
        Self::String,
        Self::Number,
        Self::Constant,
        Self::Key,
        Self::Keyword,
        Self::Function,
        Self::Type,
        Self::Variable,
        Self::Punctuation,
        Self::Heading,
    ];

    /// Its name in themes: `syntax.comment`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Comment => "syntax.comment",
            Self::String => "syntax.string",
            Self::Number => "syntax.number",
            Self::Constant => "syntax.constant",
            Self::Key => "syntax.key",
            Self::Keyword => "syntax.keyword",
            Self::Function => "syntax.function",
            Self::Type => "syntax.type",
            Self::Variable => "syntax.variable",
            Self::Punctuation => "syntax.punctuation",
            Self::Heading => "syntax.heading",
        }
    }
}

/// Scopes by their first parts; the first that fits counts. The names are those that Sublime's grammars agree on, and some
/// of the grammars for configuration files that differ from them.
const RULES: [(&str, SyntaxRole); 34] = [
    ("punctuation.definition.comment", SyntaxRole::Comment),
    ("punctuation.definition.string", SyntaxRole::String),
    ("punctuation.definition.raw", SyntaxRole::String),
    ("punctuation.definition.heading", SyntaxRole::Heading),
    ("punctuation", SyntaxRole::Punctuation),
    ("keyword.operator", SyntaxRole::Punctuation),
    ("keyword.other.interpolation", SyntaxRole::Punctuation),
    ("comment", SyntaxRole::Comment),
    ("constant.numeric", SyntaxRole::Number),
    ("constant", SyntaxRole::Constant),
    ("entity.name.enum.tag-digest", SyntaxRole::Number),
    ("entity.name.tag", SyntaxRole::Key),
    ("entity.other.attribute-name", SyntaxRole::Key),
    ("support.type.property-name", SyntaxRole::Key),
    ("keyword.name.ini", SyntaxRole::Key),
    ("variable.other.readwrite.terraform", SyntaxRole::Key),
    ("variable.other.env", SyntaxRole::Key),
    ("entity.name.section", SyntaxRole::Heading),
    ("entity.name.table", SyntaxRole::Heading),
    ("entity.section", SyntaxRole::Heading),
    ("entity.other.document", SyntaxRole::Punctuation),
    ("markup.heading", SyntaxRole::Heading),
    ("entity.name.function", SyntaxRole::Function),
    ("support.function", SyntaxRole::Function),
    ("variable.function", SyntaxRole::Function),
    ("support.constant", SyntaxRole::Variable),
    ("entity.name", SyntaxRole::Type),
    ("support", SyntaxRole::Type),
    ("storage.type.tag-handle", SyntaxRole::Type),
    ("storage", SyntaxRole::Keyword),
    ("keyword", SyntaxRole::Keyword),
    ("string", SyntaxRole::String),
    ("markup.raw", SyntaxRole::String),
    ("variable", SyntaxRole::Variable),
];

/// The rules with their scopes looked up once.
struct Roles {
    rules: Vec<(Scope, SyntaxRole)>,
    /// What JSON's strings stand in where they are keys.
    key: Option<Scope>,
}

/// The role of what has these scopes: that of the innermost one with a role.
pub(super) fn role_of(scopes: &ScopeStack) -> Option<SyntaxRole> {
    static ROLES: OnceLock<Roles> = OnceLock::new();
    let roles = ROLES.get_or_init(|| Roles {
        rules: RULES.iter().filter_map(|(prefix, role)| Some((Scope::new(prefix).ok()?, *role))).collect(),
        key: Scope::new("meta.mapping.key").ok(),
    });
    let of = |scope: &Scope| roles.rules.iter().find(|rule| rule.0.is_prefix_of(*scope)).map(|rule| rule.1);
    let role = scopes.as_slice().iter().rev().find_map(of)?;
    let key = || scopes.as_slice().iter().any(|scope| roles.key.is_some_and(|key| key.is_prefix_of(*scope)));
    Some(if role == SyntaxRole::String && key() { SyntaxRole::Key } else { role })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_scope_with_a_role_counts() {
        for (scopes, role) in [
            ("source.yaml string.unquoted.plain.out.yaml entity.name.tag.yaml", Some(SyntaxRole::Key)),
            ("source.json meta.mapping.key.json string.quoted.double.json", Some(SyntaxRole::Key)),
            ("source.json meta.mapping.value.json string.quoted.double.json", Some(SyntaxRole::String)),
            ("source.shell comment.line punctuation.definition.comment", Some(SyntaxRole::Comment)),
            ("text.markdown meta.paragraph", None),
        ] {
            let stack = ScopeStack::from_vec(scopes.split(' ').map(|scope| Scope::new(scope).unwrap()).collect());
            assert_eq!(role_of(&stack), role, "{scopes}");
        }
    }

    #[test]
    fn names_are_distinct() {
        let names: std::collections::BTreeSet<_> = SyntaxRole::ALL.iter().map(|role| role.name()).collect();
        assert_eq!(names.len(), SyntaxRole::ALL.len());
    }
}
