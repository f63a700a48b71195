//! The house keeps its own rules: who may depend on whom, where a library may be named, which paths the documents name.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests; their helpers are not recognised as such here")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Crate, its folder, and the crates of this workspace it may depend on, tests included. Everything else is an error: that the
/// relay cannot reach `tvaers-core` is what keeps keys and documents out of it.
const CRATES: [(&str, &str, &[&str]); 7] = [
    ("tvaers-wire", "core/wire", &[]),
    ("tvaers-core", "core", &["tvaers-wire"]),
    ("tvaers-relay", "server", &["tvaers-wire"]),
    ("tvaers-bindings", "bindings", &["tvaers-core"]),
    ("tvaers-bindgen", "bindings/bindgen", &[]),
    // Ids of the wire; the relay, because the demo starts one from the same executable.
    ("tvaers-desk", "desk", &["tvaers-core", "tvaers-relay", "tvaers-wire"]),
    ("tvaers-tests", "tests", &["tvaers-bindings", "tvaers-core", "tvaers-desk", "tvaers-relay", "tvaers-wire"]),
];

/// A library, and the only places whose code may name it.
const ROOMS: [(&str, &[&str]); 7] = [
    ("automerge", &["core/src/document/"]),
    ("hpke", &["core/src/keys/", "core/tests/"]),
    // `view` and `client` pass a transaction on, and `view` asks its own questions; statements that write stand in `store`.
    (
        "rusqlite",
        &[
            "core/src/store/",
            "core/src/client/",
            "core/src/view/",
            "server/src/storage/",
            "server/tests/",
            "tests/src/dump.rs",
        ],
    ),
    ("refinery", &["core/src/store/", "server/src/storage/"]),
    ("reqwest", &["core/src/net/", "server/", "desk/", "tests/"]),
    ("axum", &["server/src/", "desk/src/web/", "tests/"]),
    ("askama", &["desk/src/web/", "desk/src/authority/"]),
];

/// The sync is a function of events, time and dice: nothing in it may reach for a socket, a store, a clock or randomness.
const NOT_IN_SYNC: [&str; 7] = ["tokio", "rusqlite", "SystemTime", "Instant", "std::net", "std::fs", "rng::system"];

/// Source files longer than this are two things, unless they are listed with the reason why they are one.
const LONG: usize = 400;
const ONE_THING: [(&str, &str); 2] = [
    ("core/src/document/tests/hostile.rs", "one named hostile input after the other"),
    ("tests/src/vectors/tampered.rs", "one tampered value after the other"),
];

const SOURCES: [&str; 9] = ["rs", "py", "c", "kt", "swift", "html", "css", "js", "sh"];
const TEXTS: [&str; 9] = ["md", "toml", "json", "yml", "yaml", "xml", "ftl", "svg", "sql"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Files of the project, as paths from its root; what is built or generated is left out.
fn files() -> Vec<String> {
    const NOT_OURS: [&str; 7] = [".git", "target", "generated", "node_modules", "__pycache__", "k", ".idea"];
    let (root, mut out, mut waiting) = (root(), Vec::new(), vec![root()]);
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if NOT_OURS.contains(&name) {
                continue;
            } else if path.is_dir() {
                waiting.push(path);
            } else {
                out.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    out.sort();
    assert!(out.len() > 100, "the project was not found");
    out
}

fn read(file: &str) -> String {
    String::from_utf8_lossy(&std::fs::read(root().join(file)).unwrap()).into_owned()
}

fn extension(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The lines of a Rust file that are code: comments may name anything.
fn code(file: &str) -> Vec<(usize, String)> {
    let text = read(file);
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim_start().to_owned()));
    lines.filter(|(_, line)| !line.starts_with("//")).collect()
}

fn is_word(text: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(inside)
            && !text[at + word.len()..].chars().next().is_some_and(inside)
    })
}

/// The packages that a manifest depends on, for whatever target and purpose.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let (mut out, mut inside) = (BTreeSet::new(), false);
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies") && !table.starts_with("workspace");
            if let Some((_, name)) = table.rsplit_once("dependencies.") {
                out.insert(name.to_owned());
            }
        } else if inside && let Some(name) = line.split(['.', '=', ' ']).next().filter(|name| !name.is_empty()) {
            out.insert(name.trim_matches('"').to_owned());
        }
        // A renamed dependency is still one.
        if let Some((_, renamed)) = line.split_once("package = \"") {
            out.extend(renamed.split('"').next().map(str::to_owned));
        }
    }
    out.retain(|name| !name.starts_with('#'));
    out
}

#[test]
fn dependencies_point_one_way() {
    let manifests: Vec<String> = files().into_iter().filter(|file| file.ends_with("/Cargo.toml")).collect();
    let known: Vec<String> = CRATES.iter().map(|(_, folder, _)| format!("{folder}/Cargo.toml")).collect();
    let strangers: Vec<_> = manifests.iter().filter(|manifest| !known.contains(manifest)).collect();
    assert!(strangers.is_empty(), "crates without a rule: {strangers:?}");
    for (name, folder, allowed) in CRATES {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{folder} is not {name}");
        let own = dependencies(&manifest).into_iter().filter(|dependency| dependency.starts_with("tvaers-"));
        let forbidden: Vec<_> = own.filter(|dependency| !allowed.contains(&dependency.as_str())).collect();
        assert!(forbidden.is_empty(), "{name} depends on {forbidden:?}");
    }
}

#[test]
fn a_manifest_is_read_whatever_its_form() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = { version = \"1\" }\nc = \"1\"\n\
                    [target.'cfg(unix)'.dev-dependencies]\nd = { package = \"e\", version = \"1\" }\n\
                    [build-dependencies.f]\nversion = \"1\"\n[lints]\nworkspace = true\n";
    let expected: BTreeSet<String> = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).into();
    assert!(dependencies(manifest).is_superset(&expected), "{:?}", dependencies(manifest));
    assert!(!dependencies(manifest).contains("name") && !dependencies(manifest).contains("workspace"));
}

#[test]
fn every_dependency_has_its_reason_written_down() {
    let reasons = read("docs/decisions/dependencies.md");
    let mut without = BTreeMap::new();
    for (_, folder, _) in CRATES {
        for dependency in dependencies(&read(&format!("{folder}/Cargo.toml"))) {
            if !dependency.starts_with("tvaers-") && !reasons.contains(&format!("`{dependency}`")) {
                without.entry(dependency).or_insert_with(Vec::new).push(folder);
            }
        }
    }
    assert!(without.is_empty(), "docs/decisions/dependencies.md gives no reason for {without:?}");
}

#[test]
fn a_library_is_named_only_in_its_room() {
    let mut outside = Vec::new();
    for file in files().iter().filter(|file| file.ends_with(".rs") && *file != "tests/tests/house.rs") {
        for (number, line) in code(file) {
            for (library, rooms) in ROOMS {
                let named = [format!("{library}::"), format!("use {library};")].iter().any(|form| {
                    line.match_indices(form.as_str()).any(|(at, _)| {
                        !line[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                    })
                });
                if named && !rooms.iter().any(|room| file.starts_with(room)) {
                    outside.push(format!("{file}:{number} names {library}"));
                }
            }
        }
    }
    assert!(outside.is_empty(), "{outside:#?}");
}

#[test]
fn the_sync_reaches_for_nothing() {
    let sync: Vec<String> = files().into_iter().filter(|file| file.starts_with("core/src/sync/")).collect();
    assert!(!sync.is_empty());
    for file in sync {
        for (number, line) in code(&file) {
            let found = NOT_IN_SYNC.iter().find(|name| is_word(&line, name));
            assert!(found.is_none(), "{file}:{number} names {found:?}");
        }
    }
}

#[test]
fn every_path_and_link_in_the_documents_is_there() {
    let all = files();
    let first: BTreeSet<&str> = all.iter().filter_map(|file| file.split_once('/').map(|(first, _)| first)).collect();
    let mut gone = Vec::new();
    for file in all.iter().filter(|file| file.ends_with(".md")) {
        let text = read(file);
        for name in text.split('`').skip(1).step_by(2) {
            let path = name.strip_prefix("./").unwrap_or(name).trim_end_matches('/');
            let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let of_ours = path.split_once('/').is_some_and(|(folder, _)| first.contains(folder));
            let is_path = plain && (of_ours || name.starts_with("./") || (path.contains('/') && path.ends_with(".rs")));
            if is_path && !root().join(path).exists() {
                gone.push(format!("{file}: `{name}`"));
            }
        }
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or_default();
            let elsewhere = path.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !elsewhere && !root().join(file).parent().unwrap().join(path).exists() {
                gone.push(format!("{file}: ({target})"));
            }
        }
    }
    for file in all.iter().filter(|file| SOURCES.contains(&extension(file))) {
        let text = read(file);
        for (at, _) in text.match_indices(concat!("do", "cs/")) {
            let end = text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "/._-".contains(c)));
            let path = text[at..at + end.unwrap_or(text.len() - at)].trim_end_matches('.');
            if path.ends_with(".md") && !root().join(path).exists() {
                gone.push(format!("{file}: {path}"));
            }
        }
    }
    assert!(gone.is_empty(), "named, but not there: {gone:#?}");
}

/// What a document says is done somewhere is done there.
#[test]
fn what_the_documents_name_is_in_the_file_that_they_name() {
    let (mut named, mut gone) = (0, Vec::new());
    for file in files().into_iter().filter(|file| file.ends_with(".md")) {
        let text = read(&file);
        let pieces: Vec<&str> = text.split('`').collect();
        for [name, between, path] in pieces.windows(3).filter_map(|three| <[&str; 3]>::try_from(three).ok()) {
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            if is_name && between == " in " && path.ends_with(".rs") {
                named += 1;
                if !root().join(path).is_file() || !is_word(&read(path), name) {
                    gone.push(format!("{file}: {name} in {path}"));
                }
            }
        }
    }
    assert!(named > 3 && gone.is_empty(), "{named} named, not there: {gone:#?}");
}

/// Whoever moves what a mutant breaks moves the mutant: it names its file and what stands there, and a test that exists.
#[test]
fn a_mutant_finds_what_it_breaks() {
    let (mut found, mut lost) = (0, Vec::new());
    let sources: String = files().iter().filter(|file| file.ends_with(".rs")).map(|file| read(file)).collect();
    for patch in files().into_iter().filter(|file| file.ends_with(".patch")) {
        let text = read(&patch);
        let file = text.lines().find_map(|line| line.strip_prefix("+++ b/")).unwrap_or_default();
        let command = text.lines().find_map(|line| line.strip_prefix("Test: ")).unwrap_or_default();
        let test = command.rsplit(' ').next().unwrap_or_default();
        let hunks = text.split("\n@@ ").skip(1).map(|hunk| hunk.lines().skip(1));
        let is_there = |line: &str| line.starts_with([' ', '-']);
        let before =
            hunks.map(|hunk| hunk.filter(|line| is_there(line)).map(|line| format!("{}\n", &line[1..])).collect());
        let before: Vec<String> = before.collect();
        let names = root().join(file).is_file() && before.iter().all(|hunk| read(file).contains(hunk));
        if names && !before.is_empty() && sources.contains(&format!("fn {test}(")) {
            found += 1;
        } else {
            lost.push(patch);
        }
    }
    assert!(found > 3 && lost.is_empty(), "{found} are right; these break nothing, or no test notices: {lost:#?}");
}

#[test]
fn a_long_file_has_a_reason() {
    let mut long = Vec::new();
    for file in files().iter().filter(|file| SOURCES.contains(&extension(file))) {
        let lines = read(file).lines().count();
        if lines > LONG && !ONE_THING.iter().any(|(known, _)| known == file) {
            long.push(format!("{file}: {lines} lines"));
        }
    }
    assert!(long.is_empty(), "split, or list with a reason: {long:#?}");
}

/// The project speaks of itself, not of where and how it was written: no path of somebody's machine, no name of a tool.
#[test]
fn nothing_tells_of_the_workshop() {
    // In two halves, so that this file does not find itself.
    let paths = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    let tools = [
        concat!("cla", "ude"),
        concat!("chat", "gpt"),
        concat!("cop", "ilot"),
        concat!("co-auth", "ored-by"),
        concat!("language ", "model"),
        concat!("ai ", "agent"),
        concat!("ai-", "generated"),
        concat!("l", "lm"),
        concat!("fix", "me"),
    ];
    let mut found = Vec::new();
    for file in files() {
        let extension = extension(&file);
        if !(SOURCES.contains(&extension) || TEXTS.contains(&extension) || ["test", "justfile"].contains(&&*file)) {
            continue;
        }
        for (number, line) in read(&file).lines().enumerate() {
            let lower = line.to_lowercase();
            let path = paths.iter().any(|path| line.contains(path));
            if path || tools.iter().any(|word| is_word(&lower, word)) {
                found.push(format!("{file}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_merge_was_left_half_done() {
    let mark = |line: &&str| ["<", ">"].iter().any(|side| line.starts_with(&format!("{} ", side.repeat(7))));
    let all = files().into_iter().filter(|file| SOURCES.contains(&extension(file)) || TEXTS.contains(&extension(file)));
    let left: Vec<String> = all.filter(|file| read(file).lines().any(|line| mark(&line))).collect();
    assert!(left.is_empty(), "these hold the marks of a merge: {left:#?}");
}

/// Rows 47 and 48 are of the desk's pages, and tried there (`desk/tests/web/`).
#[test]
fn every_attack_has_its_row() {
    let tests = files().into_iter().filter(|file| file.starts_with("tests/tests/") && file.ends_with(".rs"));
    let text: String = tests.map(|file| read(&file)).collect();
    let missing: Vec<usize> =
        (1..=59).filter(|row| ![47, 48].contains(row) && !text.contains(&format!("fn attack_{row:02}_"))).collect();
    assert!(missing.is_empty(), "no test is named after rows {missing:?}");
}

/// Whoever changes a check finds the rows that it stops, and whoever reads a row the check.
#[test]
fn attacks_name_the_checks_that_stop_them() {
    let (mut rows, mut missing) = (0, Vec::new());
    for file in files().into_iter().filter(|file| file.starts_with("tests/tests/attacks/")) {
        let text = read(&file);
        for (at, row) in text.match_indices("pub(super) fn attack_") {
            let name = text[at + row.len()..].split('(').next().unwrap();
            let doc: Vec<&str> = text[..at].lines().rev().take_while(|line| line.starts_with("///")).collect();
            let doc = doc.into_iter().rev().collect::<Vec<_>>().join(" ");
            let (mut checks, mut functions) = (0, Vec::new());
            for quoted in doc.split('`').skip(1).step_by(2) {
                if !quoted.ends_with(".rs") {
                    functions.push(quoted);
                    continue;
                }
                let there = if root().join(quoted).is_file() { read(quoted) } else { String::new() };
                let is_there = |function: &str| is_word(&there, &format!("fn {function}"));
                checks += functions.len();
                missing
                    .extend(functions.drain(..).filter(|f| !is_there(f)).map(|f| format!("{name}: {f} in {quoted}")));
            }
            if !doc.contains("Stopped by") || checks == 0 || !functions.is_empty() {
                missing.push(format!("{name}: no check"));
            }
            rows += 1;
        }
    }
    assert!(rows > 50 && missing.is_empty(), "{rows} rows, {missing:#?}");
}
