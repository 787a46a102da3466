//! What each option does on the wire: one row a situation.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::program::{Said, has_lab, lab, wire};

/// A server and its clients: the arguments, the exit code, what each connection looks like on the wire in any order, and
/// what is said of a client.
struct Situation(&'static str, i32, &'static [&'static str], &'static str);

/// Opened, a word each way, closed by the client in three segments.
const TALK: &str = ">S <S. >P. <P. >F. <F.";
/// The same, closed by the server.
const SERVER_CLOSES: &str = ">S <S. >P. <P. <F. >F.";
/// A SYN that finds no place, and comes again after a second.
const NO_PLACE: &str = ">S >S";
/// Completed by the kernel, and never accepted: the word is acknowledged, and nobody answers it.
const NOT_ACCEPTED: &str = ">S <S. >P. >F.";

const SITUATIONS: &[Situation] = &[
    Situation("--model fork -c 3", 0, &[TALK, TALK, TALK], "heard 6: served"),
    Situation("--model thread -c 3", 0, &[TALK, TALK, TALK], "heard 6: served"),
    Situation("--model event -c 3", 0, &[TALK, TALK, TALK], "heard 6: served"),
    Situation("--model hybrid -c 3", 0, &[TALK, TALK, TALK], "heard 6: served"),
    Situation("--model iterative -c 3", 0, &[TALK, TALK, TALK], "heard 6: served"),
    Situation("--model event -c 2 -6", 0, &[TALK, TALK], "2001:db8::1"),
    Situation("--model hybrid --close-first -c 2", 0, &[SERVER_CLOSES, SERVER_CLOSES], "served"),
    // The kernel completes handshakes without accept(), and the backlog is one connection more than listen() was told.
    Situation("--never-accept -c 1 --deadline 0.5", 1, &[NOT_ACCEPTED], "no answer in time"),
    Situation(
        "--never-accept --backlog 0 -c 2 --in-turn --deadline 1.4",
        1,
        &[NOT_ACCEPTED, NO_PLACE],
        "no connection in time",
    ),
    Situation(
        "--never-accept --backlog 1 -c 3 --in-turn --deadline 1.4",
        1,
        &[NOT_ACCEPTED, NOT_ACCEPTED, NO_PLACE],
        "no connection in time",
    ),
    Situation("--accept-delay 0.2 --model iterative -c 2", 0, &[TALK, TALK], "served"),
    Situation("--linger 0 -c 1", 0, &[">S <S. >P. <P. <R."], "heard 6: served, and then reset (ECONNRESET)"),
    Situation("--linger 0 --model event -c 1", 0, &[">S <S. >P. <P. <R."], "served"),
    Situation("--linger 5 -c 1", 0, &[SERVER_CLOSES], "served"),
    Situation("--reset -c 1", 0, &[">S <S. >P. <P. >R."], "served"),
    Situation("--leave-unread 2 -c 1", 1, &[">S <S. >P. <P. <R."], "heard 4: reset by the server (ECONNRESET)"),
    Situation("--leave-unread 9 -c 1", 1, &[">S <S. >P. <R."], "heard 0: reset by the server (ECONNRESET)"),
    Situation("--leave-unread 2 --model event -c 1", 1, &[">S <S. >P. <P. <R."], "heard 4: reset"),
    // Data goes on after the server's FIN.
    Situation("--half-close -c 1 -m 3", 0, &[">S <S. >P. <P. <F. >P. >P. >F."], "said 18 octets, heard 6: served"),
    Situation("--shut -c 1", 0, &[TALK], "served"),
    Situation("-m 3 -i 0 -c 1", 0, &[">S <S. >P. <P. >P. <P. >P. <P. >F. <F."], "said 18 octets, heard 18: served"),
    // An ACK alone does not make a connection: the SYN-ACK comes again.
    Situation("--defer-accept --silence 1.5 -c 1", 0, &[">S <S. <S. >P. <P. >F. <F."], "served"),
    // The first SYN asks for a cookie, the second carries the word.
    Situation("--fast-open -c 2", 0, &[TALK, ">S6 <S. <P. >F. <F."], "served"),
    Situation("--close-first --restart -c 1", 1, &[SERVER_CLOSES], "address already in use"),
    Situation("--close-first --restart --reuse-addr -c 1", 0, &[SERVER_CLOSES, SERVER_CLOSES], "served"),
    Situation("--restart -c 1", 0, &[TALK, TALK], "served"),
    Situation("--http -c 1", 0, &[">S <S. >P. <P. <F. >F."], "served"),
    Situation("--http --model event -c 2", 0, &[">S <S. >P. <P. <F. >F."; 2], "served"),
    // On a wire that loses the first SYN, or the client's word, or is late.
    Situation("-c 1 --wire drop=1", 0, &[">S >S <S. >P. <P. >F. <F."], "served"),
    Situation("-c 1 --wire drop=4", 0, &[">S <S. >P. >P. <P. >F. <F."], "served"),
    Situation("-c 1 --wire delay=30ms", 0, &[TALK], "served"),
    Situation("-c 1 --lab-wire loss=100% --deadline 1.5", 1, &[NO_PLACE], "no connection in time"),
];

/// Situations that are looked at at once: most of their time is waiting.
const AT_ONCE: usize = 6;

#[test]
fn each_situation_looks_on_the_wire_as_the_kernel_makes_it() {
    if !has_lab() {
        return;
    }
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(situation) = SITUATIONS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(situation);
                }
            });
        }
    });
}

fn check(Situation(arguments, code, expected, told): &Situation) {
    let said: Said = lab(&format!("serve {arguments} --format json"));
    let mut found = wire(&said);
    let mut expected: Vec<&str> = expected.to_vec();
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected, "{arguments}: {}", said.err);
    assert_eq!(said.code, Some(*code), "{arguments}: {said:?}");
    assert!(said.err.contains(told), "{arguments}: {}", said.err);
}

#[test]
fn datagrams_are_echoed_without_any_connection() {
    if !has_lab() {
        return;
    }
    let said = lab("serve --udp -c 2 -m 2 -i 0 --format lines");
    assert_eq!((said.code, said.out.matches("UDP, length 6").count()), (Some(0), 8), "{said:?}");
    assert_eq!(said.err.matches("said 12 octets, heard 12: served").count(), 2, "{said:?}");
    let lost = lab("serve --udp -c 1 --deadline 0.3 --wire drop=1 --format lines");
    assert!(lost.code == Some(1) && lost.err.contains("no answer in time"), "{lost:?}");
}

#[test]
fn what_means_nothing_is_refused_in_a_line() {
    for (arguments, complaint) in [
        ("serve --model forks", "[possible values: fork, thread, event, hybrid, iterative]"),
        ("serve --udp --backlog 3", "cannot be used with"),
        ("serve --half-close --linger 0", "cannot be used with"),
        ("serve --half-close --http -c 1", "leave out --http"),
        ("serve --restart", "--clients"),
        ("serve --wire spoil=1", "a wire knows no"),
        ("serve -c 0", "1..=1000"),
        ("program {} 1", "this command is for the lab itself"),
    ] {
        let said = lab(arguments);
        assert_eq!((said.code, said.err.lines().count()), (Some(2), 1), "{arguments}: {said:?}");
        assert!(said.err.contains(complaint) && said.out.is_empty(), "{arguments}: {said:?}");
    }
}
