use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::io::git::process::Git;
use crate::io::git::repository::LocalRepository;

/// A repository that `git fast-import` writes, and an index beside it.
struct Rig {
    dir: tempfile::TempDir,
    git: Git,
    index: Index,
}

fn rig() -> Rig {
    let dir = tempfile::tempdir().unwrap();
    let git_dir = dir.path().join("r.git");
    fs::create_dir(&git_dir).unwrap();
    let git = Git::new(&git_dir);
    git.run(&["init", "--quiet", "--bare", "--initial-branch=main"]).unwrap();
    git.run(&["config", "core.logAllRefUpdates", "false"]).unwrap();
    let index = Index::of(&dir.path().join("cache"), &git_dir, None);
    Rig { dir, git, index }
}

impl Rig {
    fn git_dir(&self) -> &Path {
        self.git.dir()
    }

    /// Writes commits: `REF FROM,MERGE SECONDS MESSAGE|PATH=CONTENT|-PATH`, a line each; `.` is no parent named, and `//` in a
    /// message begins its body.
    fn import(&self, commits: &str) {
        for line in commits.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut parts = line.split('|');
            let head: Vec<&str> = parts.next().unwrap().splitn(4, ' ').collect();
            let (message, mut parents) = (head[3].replace(" // ", "\n\n"), head[1].split(','));
            let mut text = format!("commit refs/heads/{}\n", head[0]);
            write!(text, "author Ann <ann@x> {0} +0000\ncommitter Bob <bob@x> {0} +0000\n", head[2]).unwrap();
            write!(text, "data {}\n{message}\n", message.len()).unwrap();
            if let Some(from) = parents.next().filter(|from| *from != ".") {
                writeln!(text, "from {from}^0").unwrap();
            }
            parents.for_each(|merge| writeln!(text, "merge {merge}").unwrap());
            for change in parts {
                if let Some(path) = change.strip_prefix('-') {
                    writeln!(text, "D {path}").unwrap();
                } else {
                    let (path, content) = change.split_once('=').unwrap();
                    write!(text, "M 100644 inline {path}\ndata {}\n{content}\n", content.len()).unwrap();
                }
            }
            // One at a time: a branch that a stream has begun cannot be named as a parent in it.
            self.import_bytes(text.as_bytes());
        }
    }

    fn import_bytes(&self, stream: &[u8]) {
        self.git.run_with(&["fast-import", "--quiet", "--force"], &[], Some(stream)).unwrap();
    }

    fn tip(&self, name: &str) -> Oid {
        self.git.run(&["rev-parse", name]).unwrap().text().parse().unwrap()
    }

    fn update_at(&self, now: i64, asked: bool) -> Result<View, IndexError> {
        let repository = LocalRepository {
            name: "r".into(),
            git_dir: self.git_dir().to_owned(),
            workdir: None,
            remote: None,
            target_branch: "main".into(),
            asks: false,
            fetched: std::sync::Arc::default(),
            mirror: None,
        };
        let request = Request {
            repository: &repository,
            tip: self.tip("main"),
            now: instant(now),
            asked,
            patience: Duration::ZERO,
        };
        self.index.update(&request, &|_| {})
    }

    fn update(&self) -> View {
        self.update_at(0, true).unwrap()
    }

    /// What an index that was made at once would say.
    fn fresh(&self) -> String {
        let other = Rig {
            dir: tempfile::tempdir().unwrap(),
            git: self.git.clone(),
            index: Index::of(tempfile::tempdir().unwrap().path(), self.git_dir(), None),
        };
        dump(&other.update())
    }
}

/// Everything that it says, in an order of its own.
fn dump(view: &View) -> String {
    let query = "SELECT hex(p.oid) || ' ' || l.place || ' ' || l.mainline || ' ' || p.subject || ' ' || \
                 coalesce(hex(f.bytes), '') || ' ' || coalesce(hex(t.old), '') || ' ' || coalesce(hex(t.new), '') \
                 FROM past p JOIN landing l USING(id) LEFT JOIN touch t ON t.past = p.id \
                 LEFT JOIN path f ON f.id = t.path ORDER BY l.place, p.oid, f.bytes";
    let mut statement = view.db.prepare(query).unwrap();
    let rows: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    rows.join("\n")
}

fn subjects(view: &View, path: &str) -> Vec<String> {
    view.commits_on(&[path], 20).unwrap().into_iter().map(|(commit, _)| commit.subject.clone()).collect()
}

const STORY: &str = "
    main . 100 one|a=1|b/c=x
    main refs/heads/main 200 two|a=2
    side refs/heads/main 300 three|a=3|d=1
    main refs/heads/main 250 four|b/c=y
    main refs/heads/main,refs/heads/side 400 five|a=3|d=1
    main refs/heads/main 500 six|-d
";

#[test]
fn knows_who_changed_what_from_what_to_what() {
    let rig = rig();
    rig.import(STORY);
    let view = rig.update();
    assert_eq!(subjects(&view, "a"), ["three", "two", "one"], "the merge only brought what three made");
    assert_eq!(subjects(&view, "d"), ["six", "three"]);
    assert_eq!(subjects(&view, "nothing"), Vec::<String>::new());
    let moves = view.moves_of(b"a", 10).unwrap();
    let told: Vec<&str> = moves.iter().map(|touch| touch.commit.subject.as_str()).collect();
    assert_eq!(told, ["one", "two", "five"], "the target moved by the merge");
    assert!(moves.windows(2).all(|pair| pair[0].after == pair[1].before));
    assert_eq!((view.coverage().commits, &view.coverage().missing), (6, &None));
    let both = view.commits_on(&["a", "d"], 2).unwrap();
    assert_eq!(
        both.iter().map(|(commit, paths)| (commit.subject.as_str(), paths.len())).collect::<Vec<_>>(),
        [("six", 1), ("three", 2)]
    );
    assert_eq!(view.paths_of(rig.tip("side"), 10).unwrap().len(), 2);
}

#[test]
fn says_of_a_file_what_git_says() {
    let rig = rig();
    rig.import(STORY);
    let view = rig.update();
    for path in ["a", "b/c", "d"] {
        let log = rig.git.run(&["log", "--no-merges", "--format=%s", "--full-history", "main", "--", path]).unwrap();
        assert_eq!(subjects(&view, path).join("\n"), log.text(), "{path}");
    }
}

#[test]
fn a_merge_that_changed_a_path_in_its_own_way_is_listed() {
    let rig = rig();
    rig.import("main . 1 one|a=1\nside refs/heads/main 2 two|a=2\nmain refs/heads/main,refs/heads/side 3 evil|a=9");
    assert_eq!(subjects(&rig.update(), "a"), ["evil", "two", "one"]);
}

#[test]
fn is_kept_up_as_if_it_were_made_anew() {
    let rig = rig();
    for at in 1..=STORY.trim().lines().count() {
        let begin: Vec<&str> = STORY.trim().lines().take(at).collect();
        rig.import(&begin.join("\n"));
        assert_eq!(dump(&rig.update()), rig.fresh(), "after {at}");
    }
}

#[test]
fn what_a_forced_push_took_away_is_gone() {
    let rig = rig();
    rig.import(STORY);
    rig.update();
    for to in ["main~1", "main~2", "side", "main~2"] {
        let to = rig.tip(to).to_string();
        rig.git.run(&["update-ref", "refs/heads/main", &to]).unwrap();
        assert_eq!(dump(&rig.update()), rig.fresh(), "back to {to}");
        rig.import("main refs/heads/main 900 again|a=again|e=1");
        assert_eq!(dump(&rig.update()), rig.fresh(), "on from {to}");
    }
    rig.import("new . 5 another root|z=1");
    rig.git.run(&["update-ref", "refs/heads/main", &rig.tip("new").to_string()]).unwrap();
    assert_eq!(dump(&rig.update()), rig.fresh());
}

/// A merge whose first parent is the branch: the old tip is not on the new first-parent chain.
#[test]
fn a_chain_that_passes_the_old_tip_by_is_read_again() {
    let rig = rig();
    rig.import(STORY);
    rig.update();
    rig.import("fox refs/heads/main~3 600 fox|f=1\nfox refs/heads/fox,refs/heads/main 700 trot|f=1");
    rig.git.run(&["update-ref", "refs/heads/main", &rig.tip("fox").to_string()]).unwrap();
    assert_eq!(dump(&rig.update()), rig.fresh());
}

#[test]
fn what_is_written_into_it_breaks_nothing() {
    let rig = rig();
    let mut stream = Vec::new();
    let mut commit = |date: &str, message: &[u8], changes: &[u8]| {
        stream.extend(format!("commit refs/heads/main\nauthor \u{1b}[31m <a@\u{202e}> {date} +0000\n").into_bytes());
        stream.extend(format!("committer B <b> {date} +0000\ndata {}\n", message.len()).into_bytes());
        stream.extend_from_slice(message);
        stream.push(b'\n');
        stream.extend_from_slice(changes);
    };
    let file = |path: &str| format!("M 100644 inline {path}\ndata 1\nx\n").into_bytes();
    commit("5", &vec![b'x'; 10 << 20], &file("a"));
    commit("253402300799", b"year 9999\n\n:100644 100644 x", &file("\"odd \\377 \\n path\""));
    commit("4611686018427387904", b"beyond any calendar", &file("a/b"));
    commit("1", b"\xff\xfe not text", &file("c"));
    let many: Vec<u8> = (0..50_000).flat_map(|n| file(&format!("many/{n}"))).collect();
    commit("2", b"fifty thousand", &many);
    rig.import_bytes(&stream);
    let view = rig.update();
    assert_eq!(view.coverage().commits, 5);
    let odd = view.commits_on(&[&b"odd \xff \n path"[..]], 5).unwrap();
    assert_eq!((odd.len(), odd[0].0.subject.as_str()), (1, "year 9999"));
    assert!(odd[0].0.committed.unwrap().as_second() > 253_402_000_000);
    let long = &view.commits_on(&["a"], 5).unwrap();
    assert!(long.iter().any(|(commit, _)| commit.subject.len() == 1 << 10));
    assert_eq!(view.moves_of(b"many/49999", 5).unwrap()[0].commit.subject, "fifty thousand");
    assert!(subjects(&view, "c")[0].contains("not text"));
}

#[test]
fn dates_order_nothing() {
    let rig = rig();
    rig.import(
        "main . 900 one|a=1\nmain refs/heads/main 100 two|a=2\nmain refs/heads/main 500 three|a=1\n\
         main refs/heads/main 1 four|a=2",
    );
    let view = rig.update();
    assert_eq!(subjects(&view, "a"), ["four", "three", "two", "one"]);
    let moves = view.moves_of(b"a", 10).unwrap();
    assert!(moves.windows(2).all(|pair| pair[0].after == pair[1].before));
}

#[test]
fn a_shallow_clone_says_what_it_cannot_know() {
    let rig = rig();
    rig.import(STORY);
    let (from, to) = (format!("file://{}", rig.git_dir().display()), rig.dir.path().join("shallow.git"));
    let to = to.to_str().unwrap();
    rig.git.run(&["clone", "--quiet", "--bare", "--depth=2", &from, to]).unwrap();
    let shallow = Rig {
        git: Git::new(Path::new(to)),
        index: Index::of(&rig.dir.path().join("cache"), Path::new(to), None),
        dir: tempfile::tempdir().unwrap(),
    };
    let view = shallow.update();
    assert!(view.coverage().missing.as_ref().unwrap().contains("shallow"));
    assert_eq!(subjects(&view, "d"), ["six"], "that the oldest commit here added it is not true");
    shallow.git.run(&["fetch", "--quiet", "--unshallow", &from, "main:main"]).unwrap();
    let view = shallow.update();
    assert_eq!((view.coverage().commits, &view.coverage().missing), (6, &None));
    assert_eq!(dump(&view), rig.fresh());
}

#[test]
fn what_is_broken_is_made_anew() {
    let rig = rig();
    rig.import(STORY);
    let good = dump(&rig.update());
    let whole = fs::read(rig.index.path()).unwrap();
    let mut torn = whole.clone();
    torn[4096..8192].fill(0x5a);
    let foreign = |sql: &str| {
        fs::write(rig.index.path(), &whole).unwrap();
        rusqlite::Connection::open(rig.index.path()).unwrap().execute_batch(sql).unwrap();
    };
    let breaks: [(&str, &dyn Fn()); 7] = [
        ("nonsense", &|| fs::write(rig.index.path(), "nonsense ".repeat(1000)).unwrap()),
        ("nothing", &|| fs::write(rig.index.path(), "").unwrap()),
        ("cut", &|| fs::write(rig.index.path(), &whole[..whole.len() / 2]).unwrap()),
        ("torn", &|| fs::write(rig.index.path(), &torn).unwrap()),
        ("another version", &|| foreign("PRAGMA user_version = 99")),
        ("no table", &|| foreign("DROP TABLE touch; DELETE FROM meta")),
        ("gone", &|| fs::remove_file(rig.index.path()).unwrap()),
    ];
    for (name, make) in breaks {
        make();
        let _ = rig.index.open();
        rig.import("main refs/heads/main 950 more|a=more");
        let updated = dump(&rig.update());
        assert!(updated.contains("more") && updated.starts_with(&good), "{name}");
        rig.git.run(&["update-ref", "refs/heads/main", &rig.tip("main~1").to_string()]).unwrap();
        assert_eq!(dump(&rig.update()), good, "{name}");
    }
}

#[test]
fn it_is_private() {
    let rig = rig();
    rig.import(STORY);
    rig.update();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(rig.index.path()), 0o600);
    assert_eq!(mode(rig.index.path().parent().unwrap()), 0o700);
    assert_eq!(mode(&rig.index.path().with_extension("lock")), 0o600);
    fs::set_permissions(rig.index.path(), fs::Permissions::from_mode(0o666)).unwrap();
    assert!(rig.index.open().is_err(), "others could have written it");
    rig.update();
    assert_eq!(mode(rig.index.path()), 0o600);
    let elsewhere = rig.dir.path().join("elsewhere");
    fs::rename(rig.index.path(), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, rig.index.path()).unwrap();
    assert!(rig.index.open().is_err(), "a link is not followed");
    rig.update();
    assert!(elsewhere.exists() && !rig.index.path().is_symlink());
}

#[test]
fn one_writes_at_a_time_and_readers_go_on() {
    let rig = rig();
    rig.import(STORY);
    let view = rig.update();
    let held = schema::lock(rig.index.path(), Duration::ZERO).unwrap().unwrap();
    assert!(matches!(rig.update_at(0, true), Err(IndexError::Busy)));
    assert_eq!(rig.index.open().unwrap().unwrap().coverage(), view.coverage());
    held.unlock().unwrap();
    drop(view);
    rig.index.clear().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20 {
                    match rig.update_at(0, true) {
                        Ok(view) => assert_eq!(view.coverage().commits, 6),
                        Err(error) => assert!(matches!(error, IndexError::Busy), "{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(dump(&rig.update()), rig.fresh());
}

#[test]
fn other_object_formats_are_refused_at_the_door() {
    let dir = tempfile::tempdir().unwrap();
    let git = Git::new(dir.path());
    git.run(&["init", "--quiet", "--bare", "--object-format=sha256"]).unwrap();
    let error = LocalRepository::open(dir.path(), Some("main"), None).unwrap_err();
    assert!(error.what.contains("SHA-256"), "{error}");
}

#[test]
fn where_the_target_was_is_taken_from_gits_record_too() {
    let rig = rig();
    rig.import("main . 100 one|a=1\nmain refs/heads/main 200 two|a=2\nmain refs/heads/main 300 three|a=3");
    let none = "0".repeat(40);
    let tip = |name: &str| rig.tip(name).to_string();
    let log = [(&none, tip("main~1"), 250), (&tip("main~1"), tip("main"), 1_000)]
        .map(|(old, new, at)| format!("{old} {new} A <a@b> {at} +0000\tpush\n"));
    let file = rig.git_dir().join("logs/refs/heads/main");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, log.concat()).unwrap();
    let moves = rig.update_at(5_000, true).unwrap().moves_of(b"a", 10).unwrap();
    let seen: Vec<_> = moves.iter().map(|touch| touch.commit.seen).map(|seen| (seen.after, seen.until)).collect();
    let at = |seconds| Some(instant(seconds));
    assert_eq!(seen, [(None, at(250)), (None, at(250)), (at(250), at(1_000))]);
}

#[test]
fn looking_leaves_no_trace_in_the_repository() {
    let rig = rig();
    rig.import(STORY);
    let files = || rig.git.run(&["count-objects", "-v"]).unwrap().text();
    let before = files();
    rig.update();
    assert!(!rig.git_dir().join("logs").exists());
    assert_eq!(files(), before);
}

#[test]
fn a_commit_came_between_two_looks() {
    let rig = rig();
    rig.import("main . 100 one|a=1");
    rig.update_at(1_000, true).unwrap();
    // Both say that they are older than the look before them, one of them by years.
    rig.import(
        "main refs/heads/main 50 two|a=2\nmain refs/heads/main 1500 three|a=3\nmain refs/heads/main 9000 four|a=4",
    );
    let view = rig.update_at(2_000, true).unwrap();
    let moments: Vec<(i64, bool)> = view
        .moves_of(b"a", 10)
        .unwrap()
        .iter()
        .map(|touch| touch.commit.moment())
        .map(|moment| (moment.at.as_second(), moment.basis == crate::model::TimeBasis::Observed))
        .collect();
    assert_eq!(moments, [(100, false), (1_000, true), (1_500, true), (2_000, true)]);
    // What was fetched by somebody else was not looked at by us.
    rig.import("main refs/heads/main 10 five|b=1");
    let five = rig.update_at(3_000, false).unwrap().moves_of(b"b", 1).unwrap()[0].commit.seen;
    assert_eq!(five.until.unwrap().as_second(), 3_000);
    rig.import("main refs/heads/main 20 six|b=2");
    let seen = rig.update_at(4_000, true).unwrap().moves_of(b"b", 10).unwrap()[1].commit.seen;
    assert_eq!(seen.after.unwrap().as_second(), 2_000, "three thousand was no look at the target");
}

#[test]
fn reverts_are_found_by_id_and_by_title() {
    let rig = rig();
    rig.import("main . 1 feat: a (#1)|a=1\nmain refs/heads/main 2 feat: b|b=1");
    let id = rig.tip("main~1");
    let line = format!(
        "main refs/heads/main 3 undo // This reverts commit {id}.|-a\n\
                        main refs/heads/main 4 Revert \"feat: b\" (#9)|-b\n\
                        main refs/heads/main 5 Revert \"never was\"|c=1"
    );
    rig.import(&line);
    let reverts = rig.update().reverts(10).unwrap();
    let told: Vec<Option<&str>> =
        reverts.iter().map(|revert| revert.of.as_ref().map(|commit| commit.subject.as_str())).collect();
    assert_eq!(told, [None, Some("feat: b"), Some("feat: a (#1)")]);
}
