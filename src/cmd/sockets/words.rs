//! What the numbers of a socket mean, in words.

use super::view::{Owner, Row};
use crate::explain::{count, grouped, safe};
use crate::sys::processes::{Held, Holder};
use crate::sys::sockdiag::{Timer, TimerKind};
use crate::tcp::State;

/// Columns of a process's name: the kernel keeps no more.
const COMMAND: usize = 15;

/// All that there is to say of it, the most important first.
pub(super) fn remarks(row: &Row) -> Vec<String> {
    let all = [
        place(row),
        received(row),
        unacknowledged(row),
        drops(row),
        stack(row),
        row.socket.timer.map(|timer| timer_of(row, timer)),
    ];
    all.into_iter().flatten().collect()
}

/// What its place is between the kernel and a program.
fn place(row: &Row) -> Option<String> {
    use State::{CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, SynReceived, TimeWait};
    let text = match (row.state?, row.owner == Owner::Nobody) {
        _ if !row.is_tcp() => return None,
        (Established | CloseWait, true) => "in the accept queue: accept() has not fetched it",
        (SynReceived, true) => "half open: its SYN,ACK is not acknowledged",
        (FinWait1 | FinWait2 | LastAck | Closing, true) => "closed by its program; the kernel ends the connection",
        (TimeWait, _) => "over; kept for segments that come late",
        (FinWait2, false) => "has sent its FIN, waits for that of the peer",
        (CloseWait, false) => "the peer has sent its FIN; the program has not called close()",
        (Closed, false) => "has a port, but neither listen() nor connect() was called",
        _ => return None,
    };
    Some(text.to_owned())
}

/// What waits for the program.
fn received(row: &Row) -> Option<String> {
    let waiting = u64::from(row.socket.receive_queue);
    if row.is_listening() {
        let allowed = u64::from(row.socket.send_queue);
        let (waits, allowed) = (grouped(waiting), grouped(allowed));
        return Some(if row.socket.receive_queue > row.socket.send_queue {
            format!("accept queue full: {waits} wait for accept(), {allowed} may wait and Linux takes one more")
        } else {
            format!("{waits} of {allowed} wait for accept()")
        });
    }
    if waiting == 0 {
        return None;
    }
    if !row.is_tcp() {
        return Some(format!("datagrams not read take {}", count(waiting, "octet")));
    }
    // The FIN of the peer has a number of its own, which read() passes when it answers 0.
    let heard_fin = matches!(row.state, Some(State::CloseWait | State::Closing | State::LastAck));
    Some(match (waiting, heard_fin) {
        (1, true) => "the program has not read the end (FIN)".to_owned(),
        (_, true) => format!("{} and the end (FIN) not read", count(waiting - 1, "octet")),
        (_, false) => format!("{} came and {} not read", count(waiting, "octet"), is_or_are(waiting)),
    })
}

/// What waits for the peer.
fn unacknowledged(row: &Row) -> Option<String> {
    let waiting = u64::from(row.socket.send_queue);
    if waiting == 0 || row.is_listening() {
        return None;
    }
    if !row.is_tcp() {
        return Some(format!("datagrams not sent take {}", count(waiting, "octet")));
    }
    let said_fin = matches!(row.state, Some(State::FinWait1 | State::Closing | State::LastAck));
    Some(match row.state {
        Some(State::SynSent | State::SynReceived) => "SYN not acknowledged".to_owned(),
        _ if said_fin && waiting == 1 => "FIN not acknowledged".to_owned(),
        _ if said_fin => format!("{} and the FIN not acknowledged", count(waiting - 1, "octet")),
        _ => format!("{} written, not acknowledged", count(waiting, "octet")),
    })
}

const fn is_or_are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

fn drops(row: &Row) -> Option<String> {
    let thing = if row.is_tcp() { "segment" } else { "datagram" };
    (row.socket.drops > 0).then(|| format!("{} dropped", count(row.socket.drops.into(), thing)))
}

fn stack(row: &Row) -> Option<String> {
    let text = match row.socket.local.ip().to_canonical() {
        _ if row.is_dual_stack() => "takes IPv4, too",
        address if row.socket.local.is_ipv6() && address.is_ipv4() => "IPv4 through a socket of IPv6",
        _ if row.is_listening() && row.socket.v6_only == Some(true) => "IPv6 only",
        _ => return None,
    };
    Some(text.to_owned())
}

/// What it waits for, and how long.
fn timer_of(row: &Row, timer: Timer) -> String {
    // To the tenth: the kernel counts milliseconds, of which more are gone before this is read.
    let left = format!("{} s", grouped_tenths(timer.left.as_millis() / 100));
    let again = match row.state {
        Some(State::SynSent) => "SYN again",
        Some(State::SynReceived) => "SYN,ACK again",
        _ => "sent again",
    };
    let tried =
        if timer.expired > 0 { format!(", after {}", count(timer.expired.into(), "timeout")) } else { String::new() };
    match timer.kind {
        TimerKind::Retransmission => format!("{again} in {left}{tried}"),
        TimerKind::KeepAlive if row.owner == Owner::Nobody => format!("given up in {left}"),
        TimerKind::KeepAlive => format!("keep-alive in {left}{tried}"),
        TimerKind::TimeWait => format!("gone in {left}"),
        TimerKind::Persist => format!("the peer's window is closed: probe in {left}{tried}"),
        TimerKind::DelayedAck => format!("acknowledgment delayed, due in {left}"),
        TimerKind::Other(number) => format!("timer {number} of the kernel, {left}"),
    }
}

/// `7,199.5`.
fn grouped_tenths(tenths: u128) -> String {
    let whole = u64::try_from(tenths / 10).unwrap_or(u64::MAX);
    format!("{}.{}", grouped(whole), tenths % 10)
}

/// The name of a timer for programs.
pub(super) const fn timer_name(kind: TimerKind) -> &'static str {
    match kind {
        TimerKind::Retransmission => "retransmission",
        TimerKind::KeepAlive => "keep-alive",
        TimerKind::TimeWait => "time-wait",
        TimerKind::Persist => "persist",
        TimerKind::DelayedAck => "delayed-ack",
        TimerKind::Other(_) => "unknown",
    }
}

/// Whose it is: `nginx[812] fd 6, and 3 more`; the user where the process cannot be seen.
pub(super) fn owner(row: &Row) -> String {
    match (&row.owner, row.socket.uid) {
        (Owner::Processes(held), _) => holders(held),
        (Owner::Unseen, Some(uid)) => format!("user {uid}"),
        _ => "-".to_owned(),
    }
}

fn holders(held: &Held) -> String {
    let one =
        |Holder { pid, descriptor, command }: &Holder| format!("{}[{pid}] fd {descriptor}", safe(command, COMMAND));
    let Some(first) = held.by.first() else { return "-".to_owned() };
    match held.by.len() - 1 + held.more {
        0 => one(first),
        more => format!("{} and {} more", one(first), grouped(more as u64)),
    }
}
