use proptest::prelude::*;

use super::*;

/// A fixture: the messages, each after `%% message`, and the note after `%% note`.
fn parts(fixture: &str) -> (Vec<String>, Option<String>) {
    let mut messages = Vec::new();
    let mut note = None;
    for part in fixture.split("%% ").skip(1) {
        match part.split_once('\n') {
            Some(("message", text)) => messages.push(text.to_owned()),
            Some(("note", text)) => note = Some(text.to_owned()),
            _ => panic!("a fixture has messages and a note, not {part}"),
        }
    }
    (messages, note)
}

fn check(fixture: &str, expected: &str) {
    let (messages, note) = parts(fixture);
    let (reasoning, problems) = read(&messages, note.as_deref());
    let problems: Vec<String> = problems.into_iter().map(|problem| problem.what).collect();
    let found = serde_json::json!({ "reasoning": reasoning, "problems": problems });
    let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
    assert_eq!(serde_json::to_string_pretty(&found).unwrap(), serde_json::to_string_pretty(&expected).unwrap());
}

macro_rules! shapes {
    ($($name:ident: $file:literal,)*) => {$(
        #[test]
        fn $name() {
            check(
                include_str!(concat!("../../../tests/fixtures/reasoning/", $file, ".txt")),
                include_str!(concat!("../../../tests/fixtures/reasoning/", $file, ".json")),
            );
        }
    )*};
}

shapes! {
    renovate: "1-renovate",
    dependabot: "2-dependabot",
    copilot: "3-copilot",
    claude_code: "4-claude-code",
    devin: "5-devin",
    codex: "6-codex",
    jules: "7-jules",
    cursor: "8-cursor",
    house_template: "9-house-template",
    house_prose: "9-house-prose",
    own_form: "own-form",
}

fn of(message: &str) -> Reasoning {
    read(&[message.to_owned()], None).0
}

#[test]
fn the_template_is_complete() {
    let (reasoning, problems) = read(&[template().to_owned()], None);
    assert_eq!((reasoning.missing, problems), (Vec::new(), Vec::new()));
    let confidence = reasoning.confidence.unwrap();
    assert_eq!((confidence.value, confidence.basis.as_str()), (Some(0.92), "metrics, 35 days"));
    assert_eq!(reasoning.rollback.unwrap(), "Revert this commit; the rollout takes four minutes.");
}

#[test]
fn a_title_alone_says_nothing() {
    for message in ["", "\n", "chore(deps): bump x to 2", "docs: fix\n\nSigned-off-by: a <a@b>\n"] {
        assert_eq!(of(message).missing, Part::ALL, "{message}");
    }
    assert_eq!(read(&[], None).0.missing, Part::ALL);
}

#[test]
fn a_message_may_start_with_a_part() {
    let reasoning = of("Why: a\nWhat: b\n");
    assert_eq!((reasoning.why.as_deref(), reasoning.what.as_deref()), (Some("a"), Some("b")));
    assert_eq!(of("## Why\na").why.as_deref(), Some("a"));
}

#[test]
fn titles_come_in_many_dresses() {
    for body in [
        "## Rollback\nundo",
        "### 4. Rollback plan:\n\nundo",
        "Rollback: undo",
        "**Rollback:** undo",
        "**Rollback**: undo",
        "**Rollback**\nundo",
        "- **Rollback**: undo",
        "* Rollback: undo",
        "rollback: undo",
        "Roll&#8203;back: undo",
        "Roll\u{200b}back: undo",
        "## Rollback: undo",
        "## 🔙 Rollback\r\n\r\nundo\r\n",
        "## Rollback ##\nundo",
        "<details><summary><b>Rollback</b></summary>\n\nundo\n\n</details>",
        "<!-- how? -->\n## Rollback\n<!-- how? -->\nundo",
    ] {
        assert_eq!(of(&format!("title\n\n{body}")).rollback.as_deref(), Some("undo"), "{body}");
    }
}

#[test]
fn empty_and_placeholder_sections_are_missing() {
    for text in ["", "TBD", "todo", "<how to go back>", "...", "-", "<!-- how to go back -->"] {
        let reasoning = of(&format!("title\n\n## Rollback\n{text}\n\n## Why\nb"));
        assert_eq!((reasoning.rollback, reasoning.why.as_deref()), (None, Some("b")), "{text}");
    }
    assert_eq!(of("t\n\n## Impact\nnone").impact.as_deref(), Some("none"));
}

#[test]
fn sections_keep_their_code_and_their_subheadings() {
    let reasoning = of("t\n\n## Why\na\n```\n## What\nnot this\n```\n### Numbers\nb\n\n## What\nc");
    assert_eq!(reasoning.why.as_deref(), Some("a\n```\n## What\nnot this\n```\nNumbers\nb"));
    assert_eq!(reasoning.what.as_deref(), Some("c"));
}

#[test]
fn headings_nobody_knows_say_what_where_nothing_else_does() {
    assert_eq!(of("t\n\n## Pools\none each").what.as_deref(), Some("Pools\none each"));
    assert_eq!(of("t\n\n## Pools\none each\n## What\nb").what.as_deref(), Some("b"));
}

#[test]
fn an_unclosed_block_is_a_problem_and_hides_the_rest() {
    let (reasoning, problems) = read(&["t\n\n## Why\na\n<!-- oh\n## What\nb".to_owned()], None);
    assert_eq!((reasoning.why.as_deref(), reasoning.what), (Some("a"), None));
    assert!(problems[0].what.contains("never closed"), "{problems:?}");
}

#[test]
fn the_newest_confidence_counts_and_the_note_wins() {
    let messages = ["a\n\nConfidence: 0.5 (guess)".to_owned(), "b\n\nConfidence: 0.8 (metrics)".to_owned()];
    assert_eq!(read(&messages, None).0.confidence.unwrap().value, Some(0.8));
    let (wrong, problems) = read(&messages, Some("Confidence: 50"));
    assert_eq!((wrong.confidence.unwrap().value, problems.len()), (Some(0.8), 1), "what is no confidence hides none");
    let (alone, problems) = read(&[], Some("Confidence: 50 (gut)"));
    assert_eq!((alone.confidence, problems.len()), (None, 1));
    assert!(alone.missing.contains(&Part::Confidence));
    let noted = read(&messages, Some("Confidence: 0.3 (second thoughts)")).0.confidence.unwrap();
    assert_eq!((noted.value, noted.basis.as_str()), (Some(0.3), "second thoughts"));
}

#[test]
fn a_later_message_adds_and_displaces_nothing() {
    let messages = ["a\n\nThe pool is empty.".to_owned(), "b\n\nWhy: a typo".to_owned()];
    assert_eq!(read(&messages, None).0.why.as_deref(), Some("The pool is empty.\n\na typo"));
}

#[test]
fn long_texts_are_cut_and_said_to_be() {
    let long = format!("t\n\n## Why\n{}", "é ".repeat(MAX_BYTES));
    let (reasoning, problems) = read(&["t\n\n## What\nold".to_owned(), long.clone()], Some(&long));
    assert!(reasoning.why.unwrap().len() < MAX_BYTES);
    assert_eq!(problems.iter().filter(|problem| problem.what.contains("64 KiB")).count(), 2);
}

/// Lines that would be slow if anything searched them again and again.
#[test]
fn hostile_texts_take_no_time() {
    let start = std::time::Instant::now();
    for unit in [
        "<",
        "<a",
        "<!--",
        "`",
        "` `` ",
        "![",
        "[![a](",
        "<details>",
        "> ",
        "* a\n\n",
        "**",
        "&#8203;",
        "- [ ] ",
        "## ",
        "Why: ",
    ] {
        let _ = read(&[unit.repeat(MAX_BYTES)], Some(&unit.repeat(MAX_BYTES)));
    }
    assert!(start.elapsed().as_secs() < 20, "took {:?}", start.elapsed());
}

fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "## Why\n",
        "What: ",
        "**Rollback**: ",
        "Confidence: ",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<!--",
        "-->",
        "<!-- CURSOR_SUMMARY -->",
        "```\n",
        "`",
        "> ",
        "\n",
        "\n\n",
        "* a\n\n",
        "---\n",
        "updated-dependencies:\n",
        "![a](b)",
        "[",
        "](",
        ")",
        "&#8203;",
        "\u{200b}",
        "\u{202e}",
        "é",
        "Signed-off-by: x\n",
        "- [ ] ",
        "<issue_title>",
        "0.9",
        "%",
        "-",
        "[//]: # (dependabot-start)\n",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

proptest! {
    #[test]
    fn never_panics(fragments in prop::collection::vec(fragment(), 0..40), note in prop::option::of(any::<String>())) {
        let text = fragments.concat();
        let (reasoning, _) = read(&[text.clone(), format!("title\n\n{text}")], note.as_deref());
        for part in Part::ALL {
            prop_assert_eq!(reasoning.missing.contains(&part), !has(&reasoning, part));
        }
    }

    #[test]
    fn nothing_after_a_quoted_prompt_is_read(fragments in prop::collection::vec(fragment(), 0..40)) {
        let text = format!("t\n\n## Why\nown\n\n<!-- START COPILOT ORIGINAL PROMPT -->\n{}", fragments.concat());
        let reasoning = of(&text);
        prop_assert_eq!(reasoning.why.as_deref(), Some("own"));
        prop_assert_eq!(reasoning.missing.len(), 4);
    }

    #[test]
    fn what_is_in_a_section_comes_back(why in "[a-z ,.]{1,80}", what in "[a-z ,.]{1,80}") {
        prop_assume!(![why.trim(), what.trim()].iter().any(|text| matches!(*text, "" | "..." | "tbd" | "tba" | "todo" | "fill in")));
        let reasoning = of(&format!("t\n\n## Why\nx{why}\n## What\nx{what}\n"));
        prop_assert_eq!(reasoning.why, Some(format!("x{}", why.trim_end())));
        prop_assert_eq!(reasoning.what, Some(format!("x{}", what.trim_end())));
    }
}
