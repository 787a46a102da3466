//! Situations of a connection, one line each: how to bring it about, and what has to be told of it, in this order.
//!
//! `client:` and `server:` are segments, `name(` is a call entered and `name=result` one that returned, `>` a state
//! of the kernel's socket. Between what stands there other things may happen, but no state: those are all.

use std::io::{self, Write as _};
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::account::{Account, possible};
use super::common::support::{installed, program::RAWSHAKE};

/// Words that have to be told in their order.
struct Chain {
    /// Of each of these connections; of all together where none are named.
    of: Option<RangeInclusive<u64>>,
    words: Vec<&'static str>,
}

impl Chain {
    /// The connections, one by one.
    fn connections(&self) -> Vec<Option<u64>> {
        self.of.clone().map_or_else(|| vec![None], |of| of.map(Some).collect())
    }
}

/// A line of the table.
struct Situation {
    name: &'static str,
    arguments: String,
    /// What has to be told, each list in its order. All states of an end stand in one of them.
    chains: Vec<Chain>,
}

/// Runs at a time: they wait more than they work.
const AT_ONCE: usize = 12;

/// How a server may serve many clients.
const MODELS: [&str; 5] = ["fork", "thread", "event", "hybrid", "iterative"];

/// Words of the table that stand for others.
const SHORT: [(&str, &str); 9] = [
    ("LISTENS", "socket=fd setsockopt=0 bind=0 listen( >LISTEN listen=0"),
    (
        "OPENS",
        "socket=fd setsockopt=0 bind=0 listen( >LISTEN listen=0 client:SYN server:SYN+ACK client:ACK >SYN_RECV >ESTABLISHED",
    ),
    ("SERVES", "s.socket=fd s.setsockopt=0 s.bind=0 s.listen( s.>LISTEN s.listen=0"),
    ("MEET", "client:SYN server:SYN+ACK client:ACK s.>SYN_RECV s.>ESTABLISHED"),
    (
        "MEETS",
        "c.socket=fd c.setsockopt=0 c.connect( c.>SYN_SENT client:SYN server:SYN+ACK c.>ESTABLISHED client:ACK c.connect=0",
    ),
    ("KEPT", "client:PSH+ACK server:ACK client:FIN+ACK s.>CLOSE_WAIT server:ACK"),
    ("WAITS", "c.sendto=6 c.recvfrom=EAGAIN c.close( c.>FIN_WAIT1 client:FIN+ACK c.>FIN_WAIT2"),
    ("CALLS", "socket=fd connect( >SYN_SENT client:SYN connect=EINPROGRESS"),
    ("CONNECTS", "socket=fd connect( >SYN_SENT client:SYN connect=EINPROGRESS server:SYN+ACK >ESTABLISHED client:ACK"),
];

fn situations() -> Vec<Situation> {
    let lines = include_str!("situations.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.flat_map(each_model).collect()
}

/// The situation, once for each model of a server where it is one of all.
fn each_model(line: &'static str) -> Vec<Situation> {
    let models = if line.contains(" EACH ") { &MODELS[..] } else { &MODELS[..1] };
    models.iter().map(|model| situation(line, model)).collect()
}

fn situation(line: &'static str, model: &str) -> Situation {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [name, arguments, words] = parts[..] else { panic!("not three parts: {line}") };
    let arguments = arguments
        .replace("EACH", model)
        .replace("PROGRAM", RAWSHAKE)
        .replace("SCRIPTS", "tests/kernel_column/programs");
    let mut chains: Vec<Chain> = words.split(';').map(chain).collect();
    let first = &chains[0].words;
    if first.starts_with(&["socket=fd", "setsockopt=0"]) && first.contains(&">ESTABLISHED") {
        // The program takes the connection when it gets its turn.
        chains.push(Chain { of: None, words: vec!["client:ACK", "accept4=fd"] });
    }
    Situation { name, arguments, chains }
}

fn chain(words: &'static str) -> Chain {
    let long = |word: &'static str| SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| long);
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("no number of a connection: {words}"));
    let (of, words) = match words.trim().strip_prefix('#').and_then(|rest| rest.split_once(' ')) {
        Some((of, rest)) => {
            let (first, last) = of.split_once('-').unwrap_or((of, of));
            (Some(number(first)..=number(last)), rest)
        }
        None => (None, words),
    };
    Chain { of, words: words.split_whitespace().flat_map(|word| long(word).split_whitespace()).collect() }
}

/// What is wrong with an account.
fn complaint(account: &Account, Situation { name, arguments, chains }: &Situation) -> Option<String> {
    let wrong = if let Some(missing) = chains.iter().find_map(|chain| missing(account, chain)) {
        missing
    } else if let Some(states) = other_states(account, chains) {
        format!("the states are {states:?}")
    } else if is_contradictory(account) {
        "segments and kernel contradict, or records were lost".to_owned()
    } else {
        return None;
    };
    let words: Vec<String> = account.words.iter().map(|word| format!("#{} {}", word.connection, word.text)).collect();
    Some(format!("{name} ({arguments}): {wrong}\n{}\n{}", words.join("\n"), account.said.err))
}

/// What is not told in its order, or is told although it must not be.
fn missing(account: &Account, chain: &Chain) -> Option<String> {
    let (never, words): (Vec<&str>, Vec<&str>) = chain.words.iter().partition(|word| word.starts_with('!'));
    chain.connections().into_iter().find_map(|connection| {
        let told = |word: &&str| account.words_of(connection).any(|told| told == &word[1..]);
        let missing =
            account.missing(connection, &words).map(|word| format!("{word} is not told, or not in its place"));
        missing.or_else(|| never.iter().find(|word| told(word)).map(|word| format!("{word} is told")))
    })
}

/// Whether a state is other than the segments say, or not all was recorded: no matter who got his turn when, that is wrong.
fn is_contradictory(account: &Account) -> bool {
    account.compared.1 > 0 || account.words.iter().any(|word| word.text.ends_with("lost"))
}

/// The complaint that stays when a situation is performed once more, alone: a program gets its turn when the machine lets it,
/// and may then find more on its socket, or be answered later, than the table says.
fn lasting_complaint(account: &Account, situation: &Situation) -> Option<String> {
    let first = complaint(account, situation)?;
    if is_contradictory(account) {
        return Some(first);
    }
    complaint(&Account::of(&situation.arguments), situation).map(|again| format!("{first}\n\nand again: {again}"))
}

/// The states that an end went through, where those are not the expected ones.
fn other_states(account: &Account, chains: &[Chain]) -> Option<Vec<String>> {
    let connections: Vec<Option<u64>> = chains.iter().flat_map(Chain::connections).collect();
    connections.into_iter().find_map(|connection| {
        let own = chains.iter().filter(|chain| chain.connections().contains(&connection));
        let expected: Vec<&str> = own.flat_map(|chain| chain.words.iter().copied()).collect();
        [">", "c.>", "s.>"].into_iter().find_map(|mark| {
            let told: Vec<&str> = account.words_of(connection).filter(|word| word.starts_with(mark)).collect();
            let expected: Vec<&str> = expected.iter().copied().filter(|word| word.starts_with(mark)).collect();
            (told != expected).then(|| told.into_iter().map(str::to_owned).collect())
        })
    })
}

/// Runs them all, some at a time.
fn perform(situations: &[Situation]) -> Vec<Account> {
    let next = AtomicUsize::new(0);
    let accounts: Vec<_> = situations.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|it| *it < situations.len()) {
                    let account = Account::of(&situations[index].arguments);
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
    let mut situations = situations();
    if !installed("every_situation_is_told_in_its_order_and_as_the_segments_say", "python3") {
        situations.retain(|situation| !situation.arguments.contains("python3"));
    }
    let accounts = perform(&situations);
    let rows = accounts.iter().zip(&situations);
    let complaints: Vec<String> = rows.filter_map(|(it, row)| lasting_complaint(it, row)).collect();
    let compared: u64 = accounts.iter().map(|account| account.compared.0).sum();
    let said = format!("{} situations, {compared} states compared and the same\n", accounts.len());
    io::stderr().write_all(said.as_bytes()).expect("standard error");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
    assert!(accounts.len() >= 40 && compared > 3 * accounts.len() as u64, "{compared}");
}
