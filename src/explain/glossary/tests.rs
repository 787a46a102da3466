//! Everything has a page, and no two things share one.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Kind, Page};
use super::thing::Thing;
use super::{Found, find, find::page, list, options, terms, verdicts};
use crate::explain::options::MPTCP_SUBTYPES;
use crate::explain::{exchange_name, icmp_words};
use crate::tcp::{Call, State};
use crate::trace::exchange::Protocol;
use crate::trace::{ConnState, Handshake, Mark, Termination};
use crate::wire::{FLAG_NAMES, Flags, Options, option_kind};

/// The page that these words lead to.
fn found(words: &str) -> Page {
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    match find(&words).remove(0) {
        Found::Page(page) => *page,
        other => panic!("{words:?}: {other:?}"),
    }
}

/// The explanation itself, without the name.
fn body(page: &Page) -> String {
    let paragraphs: Vec<_> = page.paragraphs.iter().map(|one| one.text.as_str()).collect();
    paragraphs.join("\n")
}

fn flags() -> impl Iterator<Item = Page> {
    (0..512).map(|bits| page(&Thing::Flags(Flags::from_bits(bits))))
}

/// Every page there is.
fn pages() -> Vec<Page> {
    let others = Thing::all().filter(|thing| !matches!(thing, Thing::Flags(_)));
    flags().chain(others.map(|thing| page(&thing))).collect()
}

#[test]
fn every_combination_of_flags_is_explained() {
    for bits in 0..512_u16 {
        let flags = Flags::from_bits(bits);
        let page = found(&format!("{bits:#05x}"));
        assert_eq!((page.kind, page.name.as_str()), (Kind::Flags, flags.to_string().as_str()));
        let states: BTreeSet<_> =
            page.outcomes.iter().flat_map(|one| &one.states).map(|state| *state as usize).collect();
        assert_eq!(states.len(), State::ALL.len(), "{flags}");
        for name in flags.names() {
            assert!(body(&page).contains(name) || page.name == name, "{flags}: {name} is not spoken of");
        }
        let written = format!("[{}]", flags.tcpdump());
        assert_eq!(found(&written).name, page.name, "{written}");
        let typed = flags.names().collect::<Vec<_>>().join("+").to_lowercase();
        if flags != Flags::NONE {
            assert_eq!(found(&format!("flag {typed}")).name, page.name, "{typed}");
        }
    }
}

#[test]
fn what_no_segment_carries_is_explained_too() {
    let names = [
        ("cwnd", "congestion window"),
        ("congestion", "congestion window"),
        ("Congestion Control", "congestion window"),
        ("slow start threshold", "ssthresh"),
        ("cubic", "congestion avoidance"),
        ("bytes in flight", "in flight"),
        ("slow-start", "slow start"),
    ];
    for (words, name) in names {
        assert_eq!(found(words).name, name, "{words}");
    }
}

#[test]
fn every_kind_of_option_is_explained() {
    let kinds = [
        option_kind::END,
        option_kind::NOP,
        option_kind::MSS,
        option_kind::WINDOW_SCALE,
        option_kind::SACK_PERMITTED,
        option_kind::SACK,
        option_kind::TIMESTAMPS,
        option_kind::MD5,
        option_kind::USER_TIMEOUT,
        option_kind::AO,
        option_kind::MPTCP,
        option_kind::FAST_OPEN,
        option_kind::ACC_ECN_0,
        option_kind::ACC_ECN_1,
        option_kind::EXPERIMENT_1,
        option_kind::EXPERIMENT_2,
    ];
    for kind in kinds {
        let page = found(&format!("option {kind}"));
        assert_eq!(page.kind, Kind::Option, "{kind}");
    }
    for kind in (0..=255).filter(|kind| is_known(*kind)) {
        assert!(kinds.contains(&kind), "kind {kind} is known, and not looked for here");
    }
    let explained: usize = options::OPTIONS.iter().map(|(kinds, _)| kinds.len()).sum();
    assert_eq!(explained, kinds.len());
}

/// Whether the tracer knows options of that kind, at whatever length.
fn is_known(kind: u8) -> bool {
    let summary = |length: u8| {
        let mut octets = vec![0; usize::from(length)];
        octets[..2].copy_from_slice(&[kind, length]);
        Options(&octets).summary()
    };
    (2..=40).map(summary).any(|summary| summary.unknown.is_none() && !summary.malformed)
}

#[test]
fn every_subtype_of_multipath_tcp_is_explained() {
    let text = body(&found("mptcp"));
    for name in MPTCP_SUBTYPES {
        assert!(found(name).name == "mptcp" && text.contains(name), "{name}");
    }
}

#[test]
fn every_state_is_explained_in_both_spellings() {
    for state in State::ALL {
        assert_eq!(found(state.name()).name, state.name());
        let page = found(&format!("state {}", state.kernel_name()));
        assert_eq!((page.kind, page.name.as_str()), (Kind::State, state.name()));
        assert!(!page.outcomes.is_empty());
    }
}

#[test]
fn no_name_has_more_words_than_are_tried() {
    let longest = super::thing::index().iter().flat_map(super::thing::Named::names).map(|name| name.split(' ').count());
    assert!(longest.max().expect("names") < super::find::MOST_WORDS);
}

#[test]
fn words_are_found_as_people_write_them() {
    let rows = [
        ("sa", Kind::Flags, "SYN ACK"),
        ("fpu", Kind::Flags, "FIN PSH URG"),
        ("SYN flag", Kind::Flags, "SYN"),
        ("timewait", Kind::State, "TIME-WAIT"),
        ("finwait1", Kind::State, "FIN-WAIT-1"),
        ("ESTAB", Kind::State, "ESTABLISHED"),
        ("UNCONN", Kind::State, "CLOSED"),
        ("opt 8", Kind::Option, "timestamps"),
        ("errno 111", Kind::Errno, "ECONNREFUSED"),
        ("os error 104", Kind::Errno, "ECONNRESET"),
        ("Connection reset by peer", Kind::Errno, "ECONNRESET"),
        ("keepalive", Kind::Phenomenon, "keep-alive"),
        ("TCP Dup ACK", Kind::Phenomenon, "duplicate-ack"),
        ("TCP Retransmission", Kind::Phenomenon, "retransmission"),
        ("TCP ZeroWindow", Kind::Phenomenon, "zero-window"),
        ("syscall connect", Kind::Call, "connect()"),
    ];
    for (typed, kind, name) in rows {
        let page = found(typed);
        assert_eq!((page.kind, page.name.as_str()), (kind, name), "{typed}");
    }
    let words = |phrase: &str| phrase.split(' ').map(str::to_owned).collect::<Vec<_>>();
    // A number alone is ambiguous; small letters that are a word are no flags.
    assert!(matches!(find(&words("111")).as_slice(), [Found::Several { candidates, .. }] if candidates.len() == 2));
    assert!(matches!(find(&words("icmp 3")).as_slice(), [Found::Several { candidates, .. }] if candidates.len() == 16));
    assert!(matches!(find(&words("pause")).as_slice(), [Found::Unknown { .. }]));
}

#[test]
fn every_call_of_the_table_is_explained() {
    use Call::{Abort, Accept, Close, Connect, Listen, Recv, Send, ShutdownWrite};
    for call in [Listen, Connect, Accept, Send(5), Recv(0), ShutdownWrite, Close, Abort] {
        let shown = call.to_string();
        let name = shown.split(['(', '=']).next().unwrap_or_default();
        assert_eq!(found(&format!("call {name}")).kind, Kind::Call, "{shown}");
    }
}

#[test]
fn every_error_that_icmp_brings_is_explained() {
    for (v6, kinds) in [(false, 3..=12), (true, 1..=4)] {
        for (kind, code) in kinds.flat_map(|kind| (0..16).map(move |code| (kind, code))) {
            if let Some(errno) = icmp_words(v6, kind, code).errno {
                assert_eq!(found(errno).kind, Kind::Errno, "{errno}");
            }
        }
    }
}

/// Of all types and codes there are: a code without words of its own means what its type does.
#[test]
fn every_icmp_error_with_words_is_explained() {
    let mut count = 0;
    for (v6, kind) in [false, true].into_iter().flat_map(|v6| (0..=255).map(move |kind| (v6, kind))) {
        let of_type = icmp_words(v6, kind, 255).says;
        for code in 0..=254 {
            let says = icmp_words(v6, kind, code).says;
            if says.starts_with("unknown") || (code > 0 && says == of_type) {
                continue;
            }
            let name = format!("{} {kind}/{code}", if v6 { "ICMPv6" } else { "ICMP" });
            assert_eq!(found(&name).kind, Kind::Icmp, "{name}: {says}");
            count += 1;
        }
    }
    assert!(count > 25, "{count}");
}

#[test]
fn every_query_of_icmp_is_explained() {
    use Protocol::{AddressMask, Echo, Information, Timestamp, Udp};
    for protocol in [Udp, Echo, Timestamp, Information, AddressMask] {
        assert_eq!(found(exchange_name(protocol, false)).name, exchange_name(protocol, false));
    }
    for (typed, name) in [("echo request", "ICMP echo"), ("ICMP 8/0", "ICMP echo"), ("icmpv6 129/0", "ICMP echo")] {
        assert_eq!(found(typed).name, name);
    }
}

#[test]
fn every_verdict_is_explained() {
    let openings = Handshake::ALL.into_iter().map(Handshake::name);
    for name in openings.chain(Termination::ALL.into_iter().map(Termination::name)) {
        assert_eq!(found(&format!("verdict {name}")).name, name);
    }
}

#[test]
fn every_phenomenon_is_explained_by_its_own_name_and_by_that_of_wireshark() {
    for mark in Mark::all() {
        let shared = verdicts::SHARED.iter().find(|(shared, _)| *shared == mark);
        let page = found(&format!("{}{}", if shared.is_none() { "phenomenon " } else { "" }, mark.name()));
        match shared {
            Some((_, name)) => assert!(page.kind != Kind::Phenomenon && page.name == *name, "{name}"),
            None => assert_eq!((page.kind, page.name.as_str()), (Kind::Phenomenon, mark.name())),
        }
        if let (None, Some(name)) = (shared, mark.row().wireshark) {
            let typed = vec![format!("tcp.analysis.{name}")];
            let names = match find(&typed).remove(0) {
                Found::Page(page) => vec![format!("phenomenon {}", page.name)],
                Found::Several { candidates, .. } => candidates.into_iter().map(|(name, _)| name).collect(),
                Found::Unknown { .. } => Vec::new(),
            };
            assert!(names.contains(&format!("phenomenon {}", mark.name())), "{name}: {names:?}");
        }
    }
}

#[test]
fn icmp_by_numbers_and_by_words() {
    for words in ["icmp 3/1", "ICMP 3/1", "3/1", "host unreachable"] {
        assert_eq!(found(words).name, "ICMP 3/1", "{words}");
    }
    assert_eq!(found("port unreachable").name, "ICMP 3/3");
    assert_eq!(found("icmpv6 1/4").name, "ICMPv6 1/4");
}

#[test]
fn no_two_things_share_an_explanation() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for page in pages() {
        assert!(!page.gloss.is_empty(), "{} has no gloss", page.name);
        let words =
            page.paragraphs.iter().find(|one| one.subject == "Is").map(|one| one.text.clone()).unwrap_or_default();
        // Combinations of flags are built by rules: it is the whole that differs.
        let words = if page.kind == Kind::Flags { body(&page) } else { words };
        assert!(!words.is_empty(), "{} says nothing", page.name);
        if let Some(other) = known.insert(words, page.name.clone()) {
            panic!("{} and {other} have the same explanation", page.name);
        }
    }
}

#[test]
fn every_name_leads_to_its_page() {
    for thing in Thing::all() {
        let page = found(&thing.full_name());
        assert_eq!((page.kind, page.name.clone()), (thing.kind(), thing.name()), "{}", thing.full_name());
    }
    assert_eq!(list(None).len(), Thing::all().count());
}

#[test]
fn words_in_a_row_are_taken_as_long_as_they_are_one_thing() {
    let words = ["listening", "socket", "SYN", "ACK", "time_wait"].map(str::to_owned);
    let names = find(&words).into_iter().map(|found| match found {
        Found::Page(page) => page.name,
        other => panic!("{other:?}"),
    });
    assert_eq!(names.collect::<Vec<_>>(), ["listening socket", "SYN ACK", "TIME-WAIT"]);
}

#[test]
fn spellings_of_flags() {
    for typed in ["SA", "[S.]", "0x12", "SYN,ACK", "syn+ack", "syn-ack", "SYN-ACK", "S."] {
        assert_eq!(found(typed).name, "SYN ACK", "{typed}");
    }
    assert_eq!((found("fin+ack").name.as_str(), found("null").name.as_str()), ("FIN ACK", "no flag"));
}

#[test]
fn a_word_of_several_meanings_lists_them_and_an_unknown_one_offers_others() {
    let one = |word: &str| find(&[word.to_owned()]).remove(0);
    assert!(matches!(one("2"), Found::Several { candidates, .. } if candidates.len() == 2), "{:?}", one("2"));
    assert_eq!((found("listen").kind, found("LISTEN").kind), (Kind::Call, Kind::State));
    assert_eq!(found("listen").homonyms, ["state LISTEN"]);
    let Found::Unknown { nearest, .. } = one("TIME-WIAT") else { panic!("it is known") };
    assert_eq!(nearest.first().map(String::as_str), Some("TIME-WAIT"));
    assert!(matches!(one("\u{1b}[31m"), Found::Unknown { .. }));
    assert!(matches!(one("qqqqqqqqqqqqqq"), Found::Unknown { nearest, .. } if nearest.is_empty()));
}

/// Words in capitals that are no terms of ours: names that stand for themselves.
const NAMES: &[&str] = &["RFC", "IANA", "POSIX", "ID", "BSD"];

/// The words of a text that are written in capitals, with hyphens and digits.
fn capitals(text: &str) -> Vec<&str> {
    let is_part = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_');
    text.split(|char| !is_part(char))
        .map(|word| word.trim_matches('-').trim_end_matches('s'))
        .filter(|word| word.len() > 1 && word.chars().filter(char::is_ascii_uppercase).count() > 1)
        .filter(|word| word.chars().all(|char| !char.is_ascii_lowercase()))
        .collect()
}

#[test]
fn every_term_that_a_page_uses_has_a_page() {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for page in pages() {
        for text in terms::texts(&page) {
            let words = capitals(&text).into_iter().filter(|word| !NAMES.contains(word));
            used.extend(words.map(|word| (word.to_owned(), page.name.clone())));
        }
    }
    used.retain(|word, _| matches!(find(std::slice::from_ref(word)).first(), Some(Found::Unknown { .. }) | None));
    let missing = used;
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn no_page_uses_a_term_before_it_is_explained() {
    for page in pages() {
        let mut told: BTreeSet<&str> = page.name.split(' ').collect();
        told.insert(&page.name);
        let glossed: Vec<(&str, &str)> =
            page.terms.iter().map(|gloss| (gloss.term.as_str(), gloss.means.as_str())).collect();
        for (term, means) in &glossed {
            let unknown: Vec<_> = states_and_flags(means).into_iter().filter(|word| !told.contains(word)).collect();
            assert!(unknown.is_empty(), "{}: {term} is explained by {unknown:?}", page.name);
            told.insert(term);
        }
        let texts = terms::texts(&page);
        let unknown: Vec<_> =
            texts.iter().flat_map(|text| states_and_flags(text)).filter(|word| !told.contains(word)).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?} come without an explanation", page.name);
    }
}

/// The names of states and flags in a text: found by looking for words in capitals, not as the pages do it.
fn states_and_flags(text: &str) -> Vec<&str> {
    let flag = |word: &str| FLAG_NAMES.iter().any(|(_, name, ..)| *name == word);
    let known = |word: &&str| State::ALL.iter().any(|state| state.name() == *word) || flag(word);
    capitals(text).into_iter().filter(known).collect()
}

/// What other tools made known for a whole connection: no word of it is without a page.
#[test]
fn every_word_of_zeek_and_every_bit_of_wireshark_is_explained() {
    let page = found("conn_state");
    let text = body(&page);
    for state in ConnState::ALL {
        assert!(text.contains(&format!("{}:", state.name())), "{}", state.name());
        // Its letters are those of SYN and FIN, too.
        assert!(state.name() == "SF" || found(state.name()).name == page.name, "{}", state.name());
    }
    let text = body(&found("history"));
    for letter in "SHADFRCGTWIQ^".chars() {
        assert!(text.contains(&format!("{letter} ")), "{letter}");
    }
    let text = body(&found("completeness"));
    for (bit, kind) in [(1, "SYN"), (2, "ACK"), (4, "ACK"), (8, "data"), (16, "FIN"), (32, "reset")] {
        assert!(text.contains(&format!("{kind} {bit}")), "{kind}");
    }
}
