//! Policies as people write them: the folder `tests/fixtures/policy` has those that are read, and those that are not,
//! each with what a person is told (`UPDATE=1` writes that anew).

use std::path::PathBuf;

use countersign::policy;

use crate::support::golden;

/// The policies of a folder, by name.
fn policies(folder: &str) -> Vec<PathBuf> {
    let folder = golden::project("tests/fixtures/policy").join(folder);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|file| file.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn valid_policies_are_read() {
    for file in policies("valid") {
        let text = std::fs::read_to_string(&file).unwrap();
        let read = policy::parse(&text, "policy.yaml");
        assert!(read.is_ok(), "{}: {:#?}", file.display(), read.err());
    }
}

#[test]
fn invalid_policies_say_where_and_why() {
    for file in policies("invalid") {
        let text = std::fs::read_to_string(&file).unwrap();
        let errors = policy::parse(&text, "policy.yaml").expect_err(&file.display().to_string());
        let said = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
        assert!(said.chars().all(|c| c == '\n' || !countersign::model::text::is_active(c)), "{}", file.display());
        assert!(errors.iter().all(|error| error.hint.is_some()), "{}: a mistake without a next step", file.display());
        golden::holds(&file.with_extension("txt"), &said);
    }
}
