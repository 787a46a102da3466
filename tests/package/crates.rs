//! The crates that the program is made from: their licences, the list of them that packages carry, and the oldest compiler
//! that can build them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bom;

fn read(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Words between quotation marks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// What `deny.toml` allows everybody, and each crate besides.
fn allowed() -> (BTreeSet<String>, Vec<(String, String)>) {
    let deny = read("deny.toml");
    let between =
        |start: &str| deny.split_once(start).and_then(|(_, rest)| rest.split_once("\n]")).map(|(list, _)| list);
    let all = quoted(between("\nallow = [").expect("a list")).into_iter().map(str::to_owned).collect();
    let exceptions = deny.lines().find(|line| line.starts_with("exceptions = ")).expect("exceptions");
    let pairs = quoted(exceptions).chunks_exact(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
    (all, pairs)
}

/// Whether an expression of SPDX can be met. AND binds more than OR, and no crate here nests brackets.
fn is_met(expression: &str, has: &dyn Fn(&str) -> bool) -> bool {
    if let Some((inner, rest)) = expression.strip_prefix('(').and_then(|text| text.split_once(')')) {
        let rest = rest.trim();
        return match (rest.strip_prefix("AND "), rest.strip_prefix("OR ")) {
            (Some(more), _) => is_met(inner, has) && is_met(more, has),
            (_, Some(more)) => is_met(inner, has) || is_met(more, has),
            (None, None) => is_met(inner, has) && rest.is_empty(),
        };
    }
    expression.split(" OR ").any(|one| one.split(" AND ").all(|one| has(one.trim())))
}

#[test]
fn expressions_are_understood() {
    let table = [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR GPL-3.0-only) AND MIT", true),
        ("(MIT OR GPL-3.0-only) AND BSL-1.1", false),
        ("(GPL-3.0-only OR BSL-1.1) OR MIT", true),
        ("MIT WITH exception", false),
    ];
    for (expression, met) in table {
        assert_eq!(is_met(expression, &|one| one == "MIT"), met, "{expression}");
    }
}

#[test]
fn every_crate_has_a_licence_that_is_allowed() {
    let (allowed, exceptions) = allowed();
    assert!(allowed.contains("MIT") && !allowed.iter().any(|one| one.contains("GPL")), "{allowed:?}");
    let metadata = bom::metadata().expect("cargo metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "{}", packages.len());
    let mut used = BTreeSet::new();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let licence = bom::licence(package).unwrap_or_else(|| panic!("{name} states no licence"));
        let excepted = |one: &str| exceptions.contains(&(name.to_owned(), one.to_owned()));
        assert!(is_met(&licence, &|one| allowed.contains(one) || excepted(one)), "{name}: {licence}");
        used.extend(exceptions.iter().filter(|(excepted, _)| excepted == name));
        assert!(
            name == "rawshake" || package["source"] == "registry+https://github.com/rust-lang/crates.io-index",
            "{name}"
        );
    }
    assert_eq!(used.len(), exceptions.len(), "an exception that nothing needs");
}

/// Names and versions that `cargo tree` has for the program.
fn tree() -> BTreeSet<(String, String)> {
    let arguments = ["tree", "--locked", "--offline", "-e", "normal,build", "--prefix", "none", "--format", "{p}"];
    let said =
        Command::new(env!("CARGO")).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo");
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).expect("UTF-8");
    let named = text.lines().filter_map(|line| line.split_once(" v"));
    let versions = named.map(|(name, rest)| (name.to_owned(), rest.split(' ').next().unwrap_or_default().to_owned()));
    versions.filter(|(name, _)| name != "rawshake").collect()
}

#[test]
fn the_bill_of_materials_names_every_crate_with_its_checksum() {
    let (metadata, lock) = (bom::metadata().expect("cargo metadata"), bom::lock().expect("Cargo.lock"));
    let bill = bom::bill(&metadata, &lock).expect("a bill");
    assert_eq!(bill, bom::bill(&metadata, &lock).expect("a bill"));
    assert_eq!(
        (&bill["bomFormat"], &bill["specVersion"], &bill["version"]),
        (&"CycloneDX".into(), &"1.5".into(), &1.into())
    );
    assert_eq!(bill["metadata"]["component"]["name"], "rawshake");
    let mut named = BTreeSet::new();
    for component in bill["components"].as_array().expect("components") {
        let field =
            |name: &str| component[name].as_str().unwrap_or_else(|| panic!("no {name}: {component}")).to_owned();
        let key = (field("name"), field("version"));
        assert_eq!(field("purl"), format!("pkg:cargo/{}@{}", key.0, key.1));
        assert!(["required", "excluded"].contains(&field("scope").as_str()), "{component}");
        let sum = component["hashes"][0]["content"].as_str().expect("a checksum");
        assert!(component["hashes"][0]["alg"] == "SHA-256" && sum.len() == 64, "{component}");
        assert_eq!(lock.get(&key).map(String::as_str), Some(sum), "{key:?}");
        assert!(component["licenses"][0]["expression"].as_str().is_some_and(|text| !text.contains('/')), "{component}");
        assert!(named.insert(key), "twice: {component}");
    }
    let tree = tree();
    let apart: Vec<_> = named.symmetric_difference(&tree).collect();
    assert!(apart.is_empty(), "{apart:?}");
    references_lead_somewhere(&bill);
}

fn references_lead_somewhere(bill: &Value) {
    let components = bill["components"].as_array().expect("components").iter();
    let known: BTreeSet<_> =
        components.chain([&bill["metadata"]["component"]]).map(|one| one["bom-ref"].to_string()).collect();
    let needs = bill["dependencies"].as_array().expect("dependencies");
    assert_eq!(needs.iter().map(|one| one["ref"].to_string()).collect::<BTreeSet<_>>(), known);
    for target in needs.iter().flat_map(|one| one["dependsOn"].as_array().expect("a list")) {
        assert!(known.contains(&target.to_string()), "{target}");
    }
}

/// Major and minor number of a compiler.
fn release(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().expect("a number"));
    (parts.next().expect("a number"), parts.next().expect("a number"))
}

#[test]
fn the_oldest_compiler_is_stated_once_and_is_old_enough_for_every_crate() {
    let metadata = bom::metadata().expect("cargo metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let own = packages.iter().find(|package| package["name"] == "rawshake").expect("this crate");
    let stated = own["rust_version"].as_str().expect("rust-version in Cargo.toml");
    for package in packages {
        let needed = package["rust_version"].as_str().unwrap_or("1.0");
        assert!(release(needed) <= release(stated), "{} needs Rust {needed}, stated is {stated}", package["name"]);
    }
    for path in [
        "README.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "SECURITY.md",
        "scripts/debian/control",
        "clippy.toml",
        "fuzz/Cargo.toml",
    ] {
        let text = fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();
        let says = |line: &&str| {
            line.contains("msrv") || line.contains("rust-version") || line.to_lowercase().contains("rust 1.")
        };
        assert_eq!(text.lines().find(says), None, "{path}: Cargo.toml says it");
    }
}
