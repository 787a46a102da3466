//! Situations of a connection, one line each: how to bring it about, and what has to be told of it, in this order.
//!
//! `client:` and `server:` are segments, `name(` is a call entered and `name=result` one that returned, `>` a state
//! of the kernel's socket. Between what stands there other things may happen, but no state: those are all.

use std::io::{self, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::account::{Account, possible};

/// Name, arguments, and what has to be told.
type Situation = (&'static str, &'static str, &'static str);

/// Runs at a time: they wait more than they work.
const AT_ONCE: usize = 4;

const OPEN: &str = "socket=fd setsockopt=0 bind=0 listen( >LISTEN listen=0 client:SYN server:SYN+ACK client:ACK >SYN_RECV \
    >ESTABLISHED accept4=fd";

/// `OPEN` stands for the calls of a server that listens, and a three-way handshake.
const SITUATIONS: &[Situation] = &[
    (
        "close in four segments",
        "trace --send hello",
        "OPEN client:PSH+ACK recvfrom=5 sendto( server:PSH+ACK client:FIN+ACK >CLOSE_WAIT recvfrom=0 server:ACK close( >LAST_ACK server:FIN+ACK client:ACK >CLOSE",
    ),
    (
        "close in three segments",
        "trace --send hello --lab-think 0",
        "OPEN client:PSH+ACK recvfrom=5 client:FIN+ACK >CLOSE_WAIT recvfrom=0 close( >LAST_ACK server:FIN+ACK client:ACK >CLOSE",
    ),
    (
        "nothing is said",
        "trace",
        "OPEN client:FIN+ACK >CLOSE_WAIT recvfrom=0 close( >LAST_ACK server:FIN+ACK client:ACK >CLOSE",
    ),
    (
        "over IPv6",
        "trace -6 --send hello",
        "OPEN recvfrom=5 client:FIN+ACK >CLOSE_WAIT close( >LAST_ACK server:FIN+ACK client:ACK >CLOSE",
    ),
    (
        "the server closes first",
        "trace --close passive",
        "OPEN recvfrom=5 sendto( server:PSH+ACK close( >FIN_WAIT1 server:FIN+ACK client:ACK >FIN_WAIT2 client:FIN+ACK server:ACK >TIME_WAIT",
    ),
    (
        "both close at once",
        "trace --close simultaneous",
        "OPEN recvfrom=5 close( >FIN_WAIT1 server:FIN+ACK client:FIN+ACK >CLOSING client:ACK >TIME_WAIT",
    ),
    (
        "half a close, and data after it",
        "trace --close half --send hi",
        "OPEN client:FIN+PSH+ACK >CLOSE_WAIT recvfrom=2 sendto( server:PSH+ACK close( >LAST_ACK server:FIN+ACK client:ACK >CLOSE",
    ),
    (
        "a reset",
        "trace --close reset --send hi",
        "OPEN recvfrom=2 client:RST+ACK reset-taken >CLOSE recvfrom=ECONNRESET close=0",
    ),
    ("left open", "trace --close none --send hi", "OPEN recvfrom=2 sendto( server:PSH+ACK sendto=2"),
    (
        "a server that never answers",
        "trace --lab-server discard --send hi",
        "OPEN recvfrom=2 client:FIN+ACK >CLOSE_WAIT recvfrom=0 close( >LAST_ACK server:FIN+ACK >CLOSE",
    ),
    (
        "a server that never closes",
        "trace --lab-server never-closes --deadline 0.5",
        "OPEN client:FIN+ACK >CLOSE_WAIT recvfrom=0",
    ),
    (
        "a web page",
        "trace --http",
        "OPEN client:PSH+ACK sendto( server:PSH+ACK close( >FIN_WAIT1 server:FIN+ACK >FIN_WAIT2 >TIME_WAIT",
    ),
    ("refused", "trace --lab-server refuses", "client:SYN reset:NO_SOCKET server:RST+ACK"),
    (
        "a SYN without an answer",
        "trace --lab-server silent --retries 0 --timeout 0.2",
        "listen( >LISTEN listen=0 client:SYN drop:SOCKET_FILTER",
    ),
    (
        "both open at once",
        "trace --open simultaneous --send hi",
        "socket=fd bind=0 connect( >SYN_SENT client:SYN connect=EINPROGRESS server:SYN >SYN_RECV client:SYN+ACK server:SYN+ACK >ESTABLISHED server:PSH+ACK recvfrom=2 sendto( client:PSH+ACK server:FIN+ACK >CLOSE_WAIT close( >LAST_ACK client:FIN+ACK server:ACK >CLOSE",
    ),
];

fn chain(words: &'static str) -> Vec<&'static str> {
    words.split_whitespace().flat_map(|word| if word == "OPEN" { OPEN } else { word }.split_whitespace()).collect()
}

/// What is wrong with an account.
fn complaint(account: &Account, (name, arguments, words): &Situation) -> Option<String> {
    let expected = chain(words);
    let states: Vec<&str> = expected.iter().copied().filter(|word| word.starts_with('>')).collect();
    let wrong = if let Some(missing) = account.missing(&expected) {
        format!("{missing} is not told, or not in its place")
    } else if account.states() != states {
        format!("the states are {:?}", account.states())
    } else if account.compared.1 > 0 || account.words.iter().any(|word| word == "lost") {
        "segments and kernel contradict, or records were lost".to_owned()
    } else {
        return None;
    };
    Some(format!("{name} ({arguments}): {wrong}\n{}\n{}", account.words.join(" "), account.said.err))
}

/// Runs them all, some at a time.
fn perform() -> Vec<Account> {
    let next = AtomicUsize::new(0);
    let accounts: Vec<_> = SITUATIONS.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|it| *it < SITUATIONS.len()) {
                    let account = Account::of(SITUATIONS[index].1);
                    *accounts[index].lock().expect("a place") = Some(account);
                }
            });
        }
    });
    accounts.into_iter().map(|account| account.into_inner().expect("a place").expect("an account")).collect()
}

#[test]
fn every_situation_is_told_in_its_order_and_as_the_segments_say() {
    if !possible() {
        return;
    }
    let accounts = perform();
    let complaints: Vec<String> = accounts.iter().zip(SITUATIONS).filter_map(|(it, row)| complaint(it, row)).collect();
    let compared: u64 = accounts.iter().map(|account| account.compared.0).sum();
    let said = format!("{} situations, {compared} states compared and the same\n", accounts.len());
    io::stderr().write_all(said.as_bytes()).expect("standard error");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    assert!(compared > 2 * accounts.len() as u64, "{compared}");
}
