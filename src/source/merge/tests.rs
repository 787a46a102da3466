use proptest::prelude::*;

use super::*;
use crate::source::chain::tests::files;
use crate::source::fixture::{drain, pcap, texts};
use crate::source::{CaptureFile, Memory, Stored};
use crate::wire::LinkType;

fn stored(nanos: i64, source: u8) -> Stored {
    Stored::whole(Time::from_nanos(nanos), LinkType::RAW, vec![source])
}

#[test]
fn packets_come_by_time_and_then_by_the_order_of_files() {
    let (_folder, paths) = files(&[
        &pcap(&[(1, b"a1"), (5, b"a5"), (5, b"a5 too"), (9, b"a9")]),
        &pcap(&[(2, b"b2"), (5, b"b5")]),
        &pcap(&[]),
        &pcap(&[(0, b"c0"), (10, b"c10")]),
    ]);
    let mut merge = Merge::of_files(&paths);
    let (packets, errors) = drain(&mut merge);
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(texts(&packets), ["c0", "a1", "b2", "a5", "a5 too", "b5", "a9", "c10"]);
    assert_eq!(merge.progress().fraction(), Some(1.0));
}

#[test]
fn a_file_that_fails_is_named_and_the_others_are_read() {
    let cut = &pcap(&[(2, b"b2"), (3, b"cut")])[..60];
    let (folder, mut paths) = files(&[&pcap(&[(1, b"a1"), (4, b"a4")]), cut, b"text"]);
    paths.push(folder.path().join("missing"));
    let (packets, errors) = drain(&mut Merge::of_files(&paths));
    assert_eq!(texts(&packets), ["a1", "b2", "a4"]);
    let mut named: Vec<_> = paths[1..].iter().map(|path| format!("\"{}\"", path.display())).collect();
    for error in errors {
        named.retain(|name| !error.to_string().contains(name));
    }
    assert!(named.is_empty(), "{named:?} were not named");
}

#[test]
fn damage_that_can_be_passed_over_ends_nothing() {
    // A packet of an interface that was not described, between two good ones.
    let block = |kind: u32, body: &[u8]| {
        let length = (body.len() as u32 + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &length].concat()
    };
    let packet = |interface: u32, text: &[u8; 4]| {
        block(6, &[&[interface, 0, 0, 4, 4].map(u32::to_le_bytes).concat()[..], text].concat())
    };
    let section = block(0x0a0d_0d0a, b"\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff");
    let file =
        [section, block(1, &[1, 0, 0, 0, 0, 0, 0, 0]), packet(0, b"one "), packet(7, b"lost"), packet(0, b"two ")];
    let file = file.concat();
    let (packets, errors) = drain(&mut Merge::new(vec![CaptureFile::new(&file[..], "damaged").unwrap()]));
    assert_eq!((texts(&packets), errors.len()), (vec!["one ", "two "], 1));
}

proptest! {
    #[test]
    fn a_merge_is_a_stable_sort(times in proptest::collection::vec(proptest::collection::vec(0_i64..50, 0..20), 0..6)) {
        let lists: Vec<Vec<Stored>> = (0..)
            .zip(times)
            .map(|(source, mut times)| {
                times.sort_unstable();
                times.into_iter().map(|time| stored(time, source)).collect()
            })
            .collect();
        let mut expected = lists.concat();
        expected.sort_by_key(|packet| packet.time);
        let (packets, _) = drain(&mut Merge::new(lists.into_iter().map(Memory::new).collect()));
        prop_assert_eq!(packets, expected);
    }

    #[test]
    fn each_source_keeps_its_own_order(times in proptest::collection::vec(proptest::collection::vec(any::<i64>(), 0..20), 0..4)) {
        let lists: Vec<Vec<Stored>> =
            (0..).zip(times).map(|(source, times)| times.into_iter().map(|time| stored(time, source)).collect()).collect();
        let (packets, _) = drain(&mut Merge::new(lists.iter().cloned().map(Memory::new).collect()));
        for (source, list) in (0..).zip(&lists) {
            let own: Vec<_> = packets.iter().filter(|packet| packet.bytes == [source]).cloned().collect();
            prop_assert_eq!(&own, list);
        }
    }
}
