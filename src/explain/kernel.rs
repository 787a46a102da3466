//! What a kernel told, in words. Its own spelling stands in brackets; every text that it gave is escaped.

use std::time::Duration;

use super::words::{count, duration, safe};
use super::{Names, Statement};
use crate::tcp::State;
use crate::trace::{CallEvent, Comparison, Counts, Detail, KernelEvent, KernelKind, Pair, Process, Side, Teller, Text};

/// Columns that a name of a process may take.
const NAME: usize = 16;
/// Columns of a reason.
const REASON: usize = 40;

/// Where a call stands: whether it has returned, and whether that is told in the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It was entered, and what came of it is told later.
    Entered,
    /// It returned, long after it was entered.
    Returned,
    /// Both.
    Whole,
}

/// `accept4(4) = 5`, `connect(3) …`, `… connect(3) = -1 ECONNREFUSED`.
#[must_use]
pub fn system_call(event: &KernelKind, told: Told) -> String {
    let (call, outcome) = match event {
        KernelKind::Returned { call, result, errno } => (call, Some(outcome(*result, *errno))),
        KernelKind::Called(call) => (call, None),
        _ => return String::new(),
    };
    let text = format!("{}({})", call.call, arguments(call));
    match (told, outcome) {
        (Told::Whole, Some(outcome)) => format!("{text} = {outcome}"),
        (Told::Returned, Some(outcome)) => format!("… {text} = {outcome}"),
        _ => format!("{text} …"),
    }
}

fn arguments(call: &CallEvent) -> String {
    let detail = call.detail.map(|detail| match detail {
        Detail::Backlog(most) => most.to_string(),
        Detail::How(word) | Detail::Option(word) | Detail::Command(word) => word.to_owned(),
        Detail::Onto(descriptor) => descriptor.to_string(),
        Detail::Last(descriptor) => descriptor.to_string(),
    });
    let descriptor = call.descriptor.map(|descriptor| descriptor.to_string());
    descriptor.into_iter().chain(detail).collect::<Vec<_>>().join(", ")
}

fn outcome(result: i64, errno: Option<&'static str>) -> String {
    match (result, errno) {
        (0.., _) => result.to_string(),
        (_, Some(name)) => format!("-1 {name}"),
        (_, None) => format!("-1, error {}", result.unsigned_abs()),
    }
}

/// `echo 4711`: the name and the number of a thread.
#[must_use]
pub fn process(process: &Process) -> String {
    format!("{} {}", safe(&process.name.to_text(), NAME), process.thread)
}

fn reason<const N: usize>(reason: &Text<N>) -> String {
    safe(&reason.to_text(), REASON)
}

/// What the kernel itself did, in a few words; none for calls, and for what is told below the ladder.
#[must_use]
pub fn kernel_words(event: &KernelEvent) -> Option<String> {
    Some(match &event.kind {
        KernelKind::State { old, new } => match (old, event.teller) {
            (Some(old), Teller::Tracepoint) => format!("[{} → {}]", old.kernel_name(), new.kernel_name()),
            _ => format!("[{}] when asked", new.kernel_name()),
        },
        KernelKind::ResetSent { reason: why } => format!("RST sent: {}", reason(why)),
        KernelKind::ResetReceived => "RST taken".to_owned(),
        KernelKind::Again { syn_ack: true } => "SYN ACK sent again".to_owned(),
        KernelKind::Again { syn_ack: false } => "sent again".to_owned(),
        KernelKind::Dropped { reason: why } => format!("dropped: {}", reason(why)),
        KernelKind::Counted(counts) => counted(*counts),
        KernelKind::Queue { waiting, allowed } => {
            format!("accept queue full: {waiting} wait{}, backlog {allowed}", if *waiting == 1 { "s" } else { "" })
        }
        KernelKind::Called(_)
        | KernelKind::Returned { .. }
        | KernelKind::Lost { .. }
        | KernelKind::Contradiction { .. }
        | KernelKind::Compared(_) => return None,
    })
}

/// What was asked for: segments that were sent again, congestion window and round-trip time.
fn counted(Counts { retransmitted, cwnd, rtt_us }: Counts) -> String {
    let again = (retransmitted > 0).then(|| format!("{retransmitted} resent"));
    let rtt = (rtt_us > 0).then(|| format!("rtt {}", duration(Duration::from_micros(rtt_us.into()))));
    let parts: Vec<String> = again.into_iter().chain([format!("cwnd {cwnd}")]).chain(rtt).collect();
    format!("asked: {}", parts.join(", "))
}

/// What must not be passed by: records that are missing, and states that contradict.
#[must_use]
pub fn kernel_warning(event: &KernelEvent, names: &Names) -> Option<String> {
    let kernel = format!("{} kernel", names.whose(event.side));
    let told = |state: State| format!("[{}]", state.kernel_name());
    match event.kind {
        KernelKind::Lost { records } => {
            Some(format!("{} of the kernel's trace lost: its buffer was full", count(records, "record")))
        }
        KernelKind::Contradiction { inferred: Some(inferred), observed: Some(observed) } => {
            Some(format!("the segments say {inferred}, {kernel} says {}", told(observed)))
        }
        KernelKind::Contradiction { inferred: Some(inferred), observed: None } => {
            Some(format!("the segments say {inferred}, and {kernel} was never in [{}]", inferred.kernel_name()))
        }
        KernelKind::Contradiction { inferred: None, observed: Some(observed) } => {
            Some(format!("{kernel} was in {}, and no segment says so", told(observed)))
        }
        _ => None,
    }
}

/// The outcome of the comparison, for the lines below the ladder.
#[must_use]
pub fn kernel_verdict(compared: &Pair<Option<Comparison>>, names: &Names) -> Vec<Statement> {
    let told = Side::BOTH.into_iter().filter_map(|side| Some((side, compared[side]?)));
    told.map(|(side, result)| Statement { subject: "Kernel", text: verdict(side, result, names) }).collect()
}

fn verdict(side: Side, result: Comparison, names: &Names) -> String {
    let Comparison { agreed, contradictions, beyond } = result;
    let whose = names.whose(side);
    let states = count(u64::from(agreed), "state");
    let later = match beyond {
        0 => String::new(),
        _ => format!("; it went on to {} that no segment tells of", count(u64::from(beyond), "state")),
    };
    match (agreed, contradictions) {
        (0, 0) => format!("{whose} kernel told no state of a connection{later}"),
        (_, 0) => format!("{whose} kernel was in the {states} that the segments tell of{later}"),
        _ => format!(
            "CONTRADICTS the segments: {} in {whose} states, see ≠ above; {states} the same{later}",
            count(u64::from(contradictions), "difference")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(detail: Option<Detail>) -> CallEvent {
        let process = Process { process: 7, thread: 9, name: Text::of(b"a\x1bb") };
        CallEvent { call: "listen", descriptor: Some(3), detail, process }
    }

    #[test]
    fn calls_tell_what_they_returned() {
        let entered = KernelKind::Called(call(Some(Detail::Backlog(5))));
        assert_eq!(system_call(&entered, Told::Entered), "listen(3, 5) …");
        let failed = |result, errno| KernelKind::Returned { call: call(None), result, errno };
        assert_eq!(system_call(&failed(-98, Some("EADDRINUSE")), Told::Whole), "listen(3) = -1 EADDRINUSE");
        assert_eq!(system_call(&failed(-300, None), Told::Returned), "… listen(3) = -1, error 300");
        assert_eq!(system_call(&KernelKind::ResetReceived, Told::Whole), "");
        assert_eq!(process(&call(None).process), r"a\x1bb 9");
    }

    #[test]
    fn a_contradiction_names_both() {
        let names = Names::new(None, None, None);
        let event = |inferred, observed| KernelEvent {
            side: Side::Server,
            teller: Teller::Tracepoint,
            kind: KernelKind::Contradiction { inferred, observed },
        };
        let words = |inferred, observed| kernel_warning(&event(inferred, observed), &names).unwrap();
        assert_eq!(
            words(Some(State::LastAck), Some(State::CloseWait)),
            "the segments say LAST-ACK, the server's kernel says [CLOSE_WAIT]"
        );
        assert_eq!(
            words(Some(State::Established), None),
            "the segments say ESTABLISHED, and the server's kernel was never in [ESTABLISHED]"
        );
        assert_eq!(words(None, Some(State::Closing)), "the server's kernel was in [CLOSING], and no segment says so");
    }

    #[test]
    fn what_was_asked_for_is_told_in_few_words() {
        let of = |kind| kernel_words(&KernelEvent { side: Side::Server, teller: Teller::SockDiag, kind }).unwrap();
        let counts = Counts { retransmitted: 0, cwnd: 10, rtt_us: 39 };
        assert_eq!(of(KernelKind::Counted(counts)), "asked: cwnd 10, rtt 39 µs");
        let again = Counts { retransmitted: 2, cwnd: 1, rtt_us: 0 };
        assert_eq!(of(KernelKind::Counted(again)), "asked: 2 resent, cwnd 1");
        assert_eq!(of(KernelKind::Queue { waiting: 1, allowed: 0 }), "accept queue full: 1 waits, backlog 0");
        assert_eq!(of(KernelKind::Queue { waiting: 3, allowed: 2 }), "accept queue full: 3 wait, backlog 2");
    }

    #[test]
    fn the_verdict_counts() {
        let names = Names::new(None, None, None);
        let of = |agreed, contradictions, beyond| {
            verdict(Side::Server, Comparison { agreed, contradictions, beyond }, &names)
        };
        assert_eq!(of(5, 0, 0), "the server's kernel was in the 5 states that the segments tell of");
        assert_eq!(of(0, 0, 0), "the server's kernel told no state of a connection");
        assert_eq!(
            of(3, 1, 1),
            "CONTRADICTS the segments: 1 difference in the server's states, see ≠ above; 3 states the same; it went on to \
             1 state that no segment tells of"
        );
    }
}
