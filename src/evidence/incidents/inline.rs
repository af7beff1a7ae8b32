//! Metadata in the text itself: bold lines, plain lines, tables.
//!
//! Only the head of a text is looked at, up to the first section that is not about metadata: a table of action items or
//! a timeline further down has dates and names of its own.

use super::meta::{Key, Meta, key};

/// Lines of a head.
const MAX_LINES: usize = 120;
/// Bytes of a line that are looked at.
const MAX_LINE: usize = 4_000;
/// Sections that hold metadata.
const SECTIONS: [&str; 9] = [
    "metadata",
    "overview",
    "details",
    "incident",
    "incident details",
    "incident overview",
    "incident summary",
    "information",
    "at a glance",
];

/// What the head of a Markdown text says about the incident.
#[must_use]
pub(super) fn read(body: &str) -> Meta {
    let lines = head(body);
    let mut meta = Meta::default();
    let mut at = 0;
    while at < lines.len() {
        let rows = lines[at..].iter().take_while(|line| line.starts_with('|')).count();
        if rows > 0 {
            table(&lines[at..at + rows], &mut meta);
            at += rows;
            continue;
        }
        let items = lines[at + 1..].iter().map_while(|line| item(line)).collect::<Vec<_>>();
        for (key, value) in pairs(lines[at]) {
            let values = if value.is_empty() { items.clone() } else { vec![value] };
            meta.add(key, &values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>());
        }
        at += 1;
    }
    meta
}

/// The lines before the first section that is about something else, without code.
fn head(body: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut fenced = false;
    for line in body.lines().take(MAX_LINES) {
        let end = (0..=MAX_LINE.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        let line = line[..end].trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
        } else if let Some(title) = section(line).filter(|_| !fenced) {
            let known = SECTIONS.contains(&title.to_ascii_lowercase().as_str());
            if !known && line.starts_with("##") {
                break;
            }
        } else if !fenced {
            lines.push(line);
        }
    }
    lines
}

/// The title of a heading.
fn section(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    ((1..=6).contains(&level) && rest.starts_with(' ')).then(|| rest.trim().trim_end_matches(':'))
}

/// The text of a list's item that is no pair itself.
fn item(line: &str) -> Option<&str> {
    line.strip_prefix(['-', '*', '+'])
        .and_then(|rest| rest.strip_prefix(' '))
        .map(str::trim)
        .filter(|_| pairs(line).is_empty())
}

/// The pairs of a line: `**Date:** x | **Severity:** y`, `- **Date**: x`, `Date: x`.
fn pairs(line: &str) -> Vec<(Key, &str)> {
    let line = without_bullet(line);
    if let Some((key, value)) = line.split_once(':').and_then(|(name, value)| Some((key(name)?, value)))
        && !line.starts_with("**")
    {
        return vec![(key, value.trim())];
    }
    // Between an odd mark and the next one the text is bold.
    let parts: Vec<&str> = line.split("**").collect();
    let bold = (1..parts.len()).step_by(2);
    bold.filter_map(|at| {
        let value = parts.get(at + 1).copied().unwrap_or_default();
        let (name, value) = match (parts[at].trim().strip_suffix(':'), value.trim_start().strip_prefix(':')) {
            (Some(name), _) => (name, value),
            (None, Some(value)) => (parts[at], value),
            (None, None) => return None,
        };
        let value = value.trim().trim_end_matches(['|', '·', '•', '\\']).trim();
        // A value may itself be bold: `**Severity:** **SEV-2**`.
        let next = parts.get(at + 2).filter(|next| value.is_empty() && !next.trim_end().ends_with(':'));
        Some((key(name)?, next.map_or(value, |next| next.trim())))
    })
    .collect()
}

/// A line without the marks of a quote and of a list's item.
fn without_bullet(line: &str) -> &str {
    let line = line.trim_start_matches(['>', ' ']);
    let inner = line.strip_prefix(['-', '*', '+']).and_then(|rest| rest.strip_prefix(' '));
    inner.unwrap_or(line).trim_start()
}

/// A block of rows: two columns are names and values; more are a row of names and one row of values.
fn table(lines: &[&str], meta: &mut Meta) {
    let rows: Vec<Vec<&str>> = lines.iter().map(|line| cells(line)).filter(|row| !is_rule(row)).collect();
    let Some((header, data)) = rows.split_first() else { return };
    let names: Vec<Option<Key>> = header.iter().map(|name| key(&plain(name))).collect();
    if let ([values], true) = (data, names.len() >= 2 && names.iter().all(Option::is_some)) {
        columns(&names, values, meta);
    } else if rows.iter().all(|row| row.len() == 2) {
        let known = rows.iter().filter(|row| key(&plain(row[0])).is_some()).count();
        let of_data = known == 1 && rows.len() > 1 && key(&plain(header[0])).is_some();
        for row in rows.iter().filter(|row| !of_data && !is_header(row)) {
            if let Some(key) = key(&plain(row[0])) {
                meta.add(key, &[row[1].replace("<br>", ",")]);
            }
        }
    } else if let ([values], true) = (data, names.iter().flatten().count() >= 2) {
        columns(&names, values, meta);
    }
}

fn columns(names: &[Option<Key>], values: &[&str], meta: &mut Meta) {
    for (key, value) in names.iter().zip(values) {
        if let Some(key) = key {
            meta.add(*key, &[value.replace("<br>", ",")]);
        }
    }
}

fn cells(line: &str) -> Vec<&str> {
    let inner = line.strip_prefix('|').unwrap_or(line);
    inner.strip_suffix('|').unwrap_or(inner).split('|').map(str::trim).collect()
}

fn is_rule(row: &[&str]) -> bool {
    row.iter().all(|cell| !cell.is_empty() && cell.bytes().all(|b| matches!(b, b'-' | b':' | b' ')))
}

/// Whether a row names its columns: `Field | Value`.
fn is_header(row: &[&str]) -> bool {
    let second = row.get(1).map(|cell| plain(cell).to_ascii_lowercase()).unwrap_or_default();
    ["value", "values", "detail", "details", "description", "information"].contains(&second.as_str())
}

/// A name without marks and colon.
fn plain(cell: &str) -> String {
    cell.trim_matches(['*', '_', '`', ' ']).trim_end_matches(':').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(body: &str) -> String {
        let meta = read(body);
        assert_eq!(meta.first(Key::Fields), None);
        let keys = [Key::Date, Key::Severity, Key::Duration, Key::Services];
        keys.map(|key| meta.all(key).join(",")).join(" / ")
    }

    #[test]
    fn metadata_in_the_text() {
        for (body, expected) in [
            ("# T\n\n**Date:** 2025-03-14\n**Severity:** SEV-2\n**Duration:** 41 min\n**Services:** a, b\n", "all"),
            ("- **Date**: 2025-03-14\n- **Severity**: SEV-2\n* **Duration:** 41 min\n- **Services:** a, b", "all"),
            ("**Date:** 2025-03-14 | **Severity:** SEV-2 | **Duration:** 41 min | **Services:** a, b |", "all"),
            ("Date: 2025-03-14\nSeverity: **SEV-2**\nDuration: 41 min\nServices: a, `b`", "all"),
            (
                "> **Severity:** **SEV-2**\n**Date:** 2025-03-14\n**Duration:** 41 min\n**Services affected:**\n- a\n- b\n\nx",
                "all",
            ),
            (
                "| | |\n|---|---|\n| Date | 2025-03-14 |\n| **Severity:** | SEV-2 |\n| Duration | 41 min |\n| Services | a<br>b |",
                "all",
            ),
            (
                "| Date | 2025-03-14 |\n|---|:--|\n| Severity | SEV-2 |\n| Duration | 41 min |\n| Services | a, b |",
                "all",
            ),
            (
                "| Date | Severity | Duration | Services |\n|---|---|---|---|\n| 2025-03-14 | SEV-2 | 41 min | a, b |",
                "all",
            ),
            (
                "## Metadata\n\nDate: 2025-03-14\nSeverity: SEV-2\nDuration: 41 min\nServices: a, b\n## Summary\nDate: x",
                "all",
            ),
            ("| Date | Event |\n|---|---|\n| 10:51 | down |\n| 11:32 | up |", "none"),
            ("| Date | Severity |\n|---|---|\n| 2025-01-01 | 1 |\n| 2025-01-02 | 2 |", "none"),
            ("| Date | Severity |\n|---|---|\n| 2025-01-01 | 1 |", "2025-01-01 / 1 /  / "),
            ("| Field | Value |\n|--|--|\n| Date | 2025-03-14 |", "2025-03-14 /  /  / "),
            ("## Timeline\nDate: 2025-03-14", "none"),
            ("```\nDate: 2025-03-14\n```\n", "none"),
            ("The **date:** was bad", "was bad /  /  / "),
            ("Severity:\n\nText", "none"),
        ] {
            let expected = match expected {
                "all" => "2025-03-14 / SEV-2 / 41 min / a,b",
                "none" => " /  /  / ",
                other => other,
            };
            assert_eq!(said(body), expected, "{body}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(body in "([|*:#`\\-> \n]|Date|Severity|é|[a-z]{1,4}){0,80}") {
            let _ = read(&body);
        }
    }
}
