//! The Debian package: made twice it is the same, and it installs, works for an ordinary user and goes again in a root file
//! system of its own: a layer above this machine's, or above that in RAWSHAKE_TEST_ROOT (`make deb-check` makes a fresh one).

#[path = "../../examples/sbom/bom.rs"]
mod bom;
mod crates;
#[path = "../../examples/pages/pages.rs"]
mod pages;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::program::{RAWSHAKE, Said};
use support::{installed, skip};

const TOOLS: [&str; 5] = ["dpkg-deb", "objdump", "unshare", "setpriv", "setcap"];

/// Man pages and completions, as `make pages` makes them.
fn make_pages(folder: &Path) {
    let files = [("man", pages::manual().expect("pages")), ("completions", pages::completions())];
    for (kind, files) in files {
        fs::create_dir_all(folder.join(kind)).expect("a folder");
        files.into_iter().for_each(|(name, octets)| fs::write(folder.join(kind).join(name), octets).expect("a file"));
    }
}

fn make_package(pages: &Path, folder: &Path) -> PathBuf {
    let mut command = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/deb.sh"));
    let said = command
        .arg(RAWSHAKE)
        .arg(pages)
        .arg(folder)
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .env("DEB_COMPRESSION", "none")
        .output();
    let said = Said::of(said.expect("deb.sh"));
    assert_eq!(said.code, Some(0), "{said:?}");
    fs::read_dir(folder).expect("a folder").next().expect("a package").expect("a package").path()
}

/// Whoever packs is not root, and a package of theirs gives capabilities itself.
#[test]
fn only_what_is_installed_for_this_machine_gets_capabilities() {
    for (arguments, is_given) in [(&["PREFIX=/usr"][..], true), (&["PREFIX=/usr", "DESTDIR=/stage"], false)] {
        let mut command = Command::new("make");
        command.args(["-n", "install"]).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
        let said = Said::of(command.output().expect("make"));
        assert_eq!(said.code, Some(0), "{said:?}");
        assert!(said.out.contains("/usr/bin/rawshake\n"), "{said:?}");
        let gives = said.out.contains("setcap cap_net_raw,cap_net_admin+ep /usr/bin/rawshake\n");
        assert_eq!((gives, said.out.contains("setcap")), (is_given, is_given), "{said:?}");
    }
}

#[test]
fn it_is_reproducible_and_leaves_nothing_behind() {
    if !TOOLS.iter().all(|program| installed("package", program)) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let pages = folder.path().join("pages");
    make_pages(&pages);
    let first = make_package(&pages, &folder.path().join("first"));
    let second = make_package(&pages, &folder.path().join("second"));
    assert!(fs::read(&first).expect("a package") == fs::read(&second).expect("a package"));
    if !rustix::process::geteuid().is_root() {
        return skip("package", "only root can install packages");
    }
    let root = std::env::var_os("RAWSHAKE_TEST_ROOT").unwrap_or_else(|| "/".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/package/layer.sh");
    let mut command = Command::new("unshare");
    command.args(["--mount", "--pid", "--net", "--fork", "--kill-child", "sh", script]);
    let said = Said::of(command.arg(root).arg(&first).output().expect("unshare"));
    if said.code == Some(77) {
        return skip("package", said.err.trim());
    }
    assert_eq!(said.code, Some(0), "{}\n{}", said.out, said.err);
    assert!(said.out.ends_with("\nnothing is left\n"), "{}\n{}", said.out, said.err);
}
