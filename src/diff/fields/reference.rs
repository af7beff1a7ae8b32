//! Texts that only say where a secret is.

use super::naming::names_secret;

/// Whether a text only says where a secret is: `${PASSWORD}`, `${{ secrets.TOKEN }}`, `op://vault/item`. A default makes it
/// more than that.
pub(super) fn is_reference(text: &str) -> bool {
    let inside = |open: &str, close: &str| {
        let inside = text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        inside.is_some_and(|name| !name.contains(['$', '{', '}', ':', '=', '"', '\'']))
    };
    // What Flux would put in, were it not for the second sign.
    let text = text.strip_prefix('$').filter(|rest| rest.starts_with("${")).unwrap_or(text);
    let elsewhere = ["op://", "vault:", "ref+", "os.environ/", "arn:aws:secretsmanager:"];
    inside("${", "}")
        || inside("${{", "}}")
        || inside("$(", ")")
        || inside("%{", "}")
        || inside("{{", "}}")
        || is_variable(text)
        || is_placeholder(text)
        || is_template(text)
        || elsewhere.iter().any(|start| text.starts_with(start))
}

/// `$PASSWORD`, `$1`, `${PASSWORD:-}`, `${PASSWORD:?is missing}`, `$(cat /run/secret)`. A word in lower case behind the sign may
/// be the secret, unless it is the name of one.
fn is_variable(text: &str) -> bool {
    let Some(name) = text.strip_prefix('$') else { return false };
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if let Some(inside) = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        let sign = inside.find([':', '-', '?']).unwrap_or(inside.len());
        let (name, more) = inside.split_at(sign);
        let fails = more.strip_prefix(':').unwrap_or(more).starts_with('?');
        return is_name(name) && (fails || matches!(more, "" | ":-" | "-")) && !more.contains('$');
    }
    if let Some(command) = name.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        const READ: [&str; 14] = [
            "<",
            "aws ",
            "az ",
            "bw ",
            "cat ",
            "gcloud ",
            "gh ",
            "head ",
            "jq ",
            "kubectl ",
            "op ",
            "openssl rand",
            "sops ",
            "vault ",
        ];
        return READ.iter().any(|start| command.starts_with(start));
    }
    is_name(name) && (!name.bytes().any(|b| b.is_ascii_lowercase()) || names_secret(name, true))
}

/// `{env:TOKEN}`, `{$TOKEN}`, `{TOKEN}`, `{password}`.
fn is_placeholder(text: &str) -> bool {
    let Some(inside) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return false };
    let name = ["env:", "env.", "file:", "file.", "$"].iter().find_map(|mark| inside.strip_prefix(mark));
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'/'))
    };
    match name {
        Some(name) => plain(name),
        None => plain(inside) && (!inside.bytes().any(|b| b.is_ascii_lowercase()) || names_secret(inside, true)),
    }
}

/// Whether a text is nothing but blocks of a template that have no text of their own: `{{ $a := split "/" .Id }}{{ $a._1 }}`.
/// What is in quotes may be the secret, unless it is a single sign.
fn is_template(text: &str) -> bool {
    let mut rest = text;
    while let Some(block) = rest.strip_prefix("{{") {
        let Some((code, behind)) = block.split_once("}}") else { return false };
        let literals = code.split('"').skip(1).step_by(2);
        let short = |literal: &str| literal.len() <= 1 && !literal.bytes().any(|b| b.is_ascii_alphanumeric());
        if code.contains(['`', '\'', '{', '}']) || code.matches('"').count() % 2 == 1 || !literals.clone().all(short) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty() && !text.is_empty()
}
