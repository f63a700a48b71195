//! `docs/protocol.md` names what the code names.

use std::path::{Path, PathBuf};

use tvaers_wire::error::ErrorCode;
use tvaers_wire::message::Refused;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/protocol.md")).unwrap()
}

fn sources(folder: &Path, out: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn every_label_is_in_the_document() {
    let (document, hashing) = (document(), std::fs::read_to_string(root().join("core/wire/src/hash.rs")).unwrap());
    let labels: Vec<&str> = hashing.split('"').filter(|text| text.starts_with("tvaers/1/")).collect();
    assert!(labels.len() >= 19, "{labels:?}");
    for label in labels {
        assert!(document.contains(&format!("| `{label}` |")), "{label}");
    }
}

#[test]
fn every_section_that_the_code_refers_to_exists() {
    let document = document();
    let mut all = Vec::new();
    for folder in ["core/src", "core/wire/src", "server/src"] {
        sources(&root().join(folder), &mut all);
    }
    let mut found = 0;
    for reference in all.iter().flat_map(|source| source.split("protocol §").skip(1)) {
        let digits = reference.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap();
        let number = digits.trim_end_matches('.');
        let heading = if number.contains('.') { format!("\n### {number} ") } else { format!("\n## {number}. ") };
        assert!(document.contains(&heading), "§{number}");
        found += 1;
    }
    assert!(found >= 15);
}

#[test]
fn every_error_and_refusal_is_in_the_document() {
    let document = document();
    for code in ErrorCode::ALL {
        assert!(document.contains(&format!("| {} | {} |", code.status(), code.name())), "{}", code.name());
    }
    let mut refusals = 0;
    for code in 0..=u8::MAX {
        let Ok(refused) = minicbor::decode::<Refused>(&[code]) else { continue };
        assert!(document.contains(&format!("| {} {}", refused.code(), refused.name())), "{}", refused.name());
        refusals += 1;
    }
    assert_eq!(refusals, 14);
}
