//! Whatever the bytes: no panic, an end, and no more packets and errors than the bytes can hold.

use proptest::prelude::*;

use super::*;

fn survives(bytes: &[u8]) {
    let (packets, errors) = read_all(bytes);
    // The smallest record, block or damage takes eight bytes.
    assert!((packets.len() + errors.len()) * 8 <= bytes.len() + 8);
    assert!(packets.iter().all(|packet| packet.original_len as usize >= packet.bytes.len()));
    for (_, error) in errors {
        assert!(!error.to_string().chars().any(char::is_control));
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        survives(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_header(tail in proptest::collection::vec(any::<u8>(), 0..512), big in any::<bool>()) {
        survives(&[pcap::header(pcap::LITTLE, 1), tail.clone()].concat());
        let sections = pcapng::file();
        let section = if big { sections.len() / 3 } else { 0 };
        let start = &sections[section..section + 28];
        survives(&[start, &tail].concat());
    }

    #[test]
    fn changed_bytes(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        for mut bytes in [pcap::file(pcap::LITTLE), pcapng::file()] {
            for (place, value) in &changes {
                let place = place.index(bytes.len());
                bytes[place] = *value;
            }
            survives(&bytes);
        }
    }
}
