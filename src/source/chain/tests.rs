use std::fs;
use std::path::PathBuf;

use super::*;
use crate::source::fixture::{drain, pcap, texts};

/// Writes files into a folder that goes with the first value.
pub(in crate::source) fn files(contents: &[&[u8]]) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..contents.len()).map(|index| folder.path().join(format!("{index}.pcap"))).collect();
    for (path, content) in paths.iter().zip(contents) {
        fs::write(path, content).unwrap();
    }
    (folder, paths)
}

#[test]
fn files_come_in_the_order_given() {
    let mut raw = pcap(&[(1, b"early")]);
    raw[20] = 101;
    let (_folder, paths) = files(&[&pcap(&[(9, b"late"), (10, b"later")]), &pcap(&[]), &raw]);
    let mut chain = Chain::of_files(&paths);
    let (packets, errors) = drain(&mut chain);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(texts(&packets), ["late", "later", "early"]);
    assert_eq!([0, 2].map(|index| packets[index].link.0), [1, 101]);
    assert_eq!(chain.progress().fraction(), Some(1.0));
}

#[test]
fn a_file_that_fails_is_named_and_the_others_are_read() {
    let cut = &pcap(&[(1, b"whole"), (2, b"cut")])[..62];
    let (folder, mut paths) = files(&[&pcap(&[(1, b"first")]), cut, b"", b"text", &pcap(&[(3, b"last")])]);
    paths.insert(0, folder.path().join("missing"));
    let (packets, errors) = drain(&mut Chain::of_files(&paths));
    assert_eq!(texts(&packets), ["first", "whole", "last"]);
    let named = [0, 2, 3, 4].map(|index| paths[index].display().to_string());
    assert_eq!(errors.len(), named.len());
    for (error, name) in errors.iter().zip(named) {
        assert!(error.to_string().contains(&format!("\"{name}\"")), "{error}");
    }
}

#[test]
fn progress_goes_over_all_files_and_counts_compressed_bytes() {
    let small = pcap(&[(1, b"one")]);
    let large = pcap(&(0..20_000).map(|second| (second, &b"compresses well"[..])).collect::<Vec<_>>());
    let packed = zstd::encode_all(&large[..], 3).unwrap();
    let (_folder, paths) = files(&[&small, &packed]);
    let mut chain = Chain::of_files(&paths);
    let total = (small.len() + packed.len()) as u64;
    assert_eq!(chain.progress(), Progress { read: 0, total: Some(total) });
    assert!(chain.advance().unwrap());
    assert_eq!(chain.progress(), Progress { read: small.len() as u64, total: Some(total) });
    drain(&mut chain);
    assert_eq!(chain.progress(), Progress { read: total, total: Some(total) });
}

#[test]
fn no_file_is_open_before_its_turn_or_behind_its_end() {
    let (_folder, paths) = files(&[&pcap(&[(1, b"one")]), &pcap(&[(2, b"two")])]);
    let mut chain = Chain::of_files(&paths);
    fs::remove_file(&paths[1]).unwrap();
    assert!(chain.advance().unwrap());
    fs::write(&paths[1], pcap(&[(3, b"new")])).unwrap();
    assert_eq!(chain.next().unwrap().unwrap().bytes, b"new");
    assert!(chain.sources[0].packet().is_none());
}

#[test]
fn of_nothing_there_is_nothing() {
    assert!(!Chain::<LazyFile>::new(Vec::new()).advance().unwrap());
}
