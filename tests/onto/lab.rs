//! `--lab`: a server that hears what is sent, and answers.

use rawshake::sys::namespace;

use crate::cable::{captures, packets, replay, write};
use crate::common::{in_own_network, is_forbidden};
use crate::plain::numbered;

/// Runs where namespaces may be made; the program makes its own.
fn where_labs_are(test: impl FnOnce()) {
    in_own_network(|| match namespace::enter_new_network() {
        Ok(()) => test(),
        Err(error) => assert!(is_forbidden(&error), "{error}"),
    });
}

/// Frames that arrived at the far end, and frames that it sent. Both kernels may say a word of their own.
fn far_end(file: &std::path::Path, arguments: &str) -> [u64; 2] {
    let said = replay(file, &format!("--lab --format json {arguments}"));
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["interface"], "you");
    ["heard", "sent"].map(|count| report["far_end"][count].as_u64().unwrap())
}

#[test]
fn the_far_end_says_what_it_heard_and_sent() {
    where_labs_are(|| {
        let path = captures().into_iter().find(|path| path.ends_with("refused.pcap")).unwrap();
        let [heard, sent] = far_end(&path, "--top-speed --filter tcp[13]=2");
        assert!(heard >= 1 && sent >= 1, "a kernel answers a SYN to a closed port: {heard} {sent}");
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "many.pcapng", &numbered(500, 100));
        let [heard, sent] = far_end(&path, "");
        assert!((500..510).contains(&heard) && sent < 10, "{heard} {sent}");
        let [heard, _] = far_end(&path, "--lab-wire loss=100% --pps 5000");
        assert!(heard < 10, "{heard}");
        let said = replay(&path, "--lab --top-speed");
        assert!(said.out.contains("\nFar end  heard 5"), "{said:?}");
    });
}

#[test]
fn raw_packets_go_to_the_server() {
    where_labs_are(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = captures().into_iter().find(|path| path.ends_with("refused.pcap")).unwrap();
        let mut syn = packets(&path).remove(0);
        syn.bytes.drain(..14);
        (syn.original_len, syn.link) = (syn.bytes.len() as u32, rawshake::wire::LinkType::RAW);
        let path = write(folder.path(), "raw.pcapng", &[syn]);
        let [heard, sent] = far_end(&path, "");
        assert!(heard >= 1 && sent >= 1, "{heard} {sent}");
        let said = replay(&path, "--lab --onto lo");
        assert!(said.err.contains("cannot be used with") && said.code == Some(2), "{said:?}");
    });
}
