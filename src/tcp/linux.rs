//! Where Linux is known to do otherwise than RFC 9293 asks: one row for each case, each seen on Linux 6.18.

use super::answer::expected;
use super::table::Next;
use super::{Answer, Arriving, Reply, Standing, State, Variables};
use crate::wire::Flags;
use Cause as C;
use Next::{Origin, Stay, To};
use State::{CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, TimeWait};

/// Why Linux does otherwise. The words for it are in `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// LISTEN drops a SYN with a FIN.
    SynWithFin,
    /// SYN-RECEIVED tells the sender of a second SYN that it gave up.
    GivesUpAloud,
    /// SYN-RECEIVED sends its SYN,ACK again for a SYN that comes again.
    RepeatsSynAck,
    /// SYN-RECEIVED looks at the acknowledgment before the window.
    AckBeforeWindow,
    /// The acknowledgment of a segment that brings nothing new counts.
    OldDataAcknowledges,
    /// Without a program what it cannot take is refused.
    NobodyReads,
    /// Without a program any RST in the window is believed.
    AnyReset,
    /// Without a program even a RST outside the window is answered.
    AnswersReset,
    /// The acknowledgment is not looked at.
    AckUnread,
    /// What comes behind the FIN is dropped.
    BehindFin,
    /// TIME-WAIT makes room for a newer connection.
    Reopens,
    /// TIME-WAIT does not look for the ACK flag.
    AckFlagUnread,
    /// TIME-WAIT passes over a RST that is not exact.
    PassesReset,
    /// The first number beyond the window counts as within it.
    WiderByOne,
    /// What has neither SYN nor RST nor ACK is dropped before the window is looked at.
    FlagsFirst,
    /// A signature for which there is no key.
    Signed,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 16] = [
        Self::SynWithFin,
        Self::GivesUpAloud,
        Self::RepeatsSynAck,
        Self::AckBeforeWindow,
        Self::OldDataAcknowledges,
        Self::NobodyReads,
        Self::AnyReset,
        Self::AnswersReset,
        Self::AckUnread,
        Self::BehindFin,
        Self::Reopens,
        Self::AckFlagUnread,
        Self::PassesReset,
        Self::WiderByOne,
        Self::FlagsFirst,
        Self::Signed,
    ];
}

/// One way in which Linux differs.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// States that it is seen in.
    pub states: &'static [State],
    /// It needs that no program holds the end.
    pub orphan: bool,
    segment: fn(&Look<'_>) -> bool,
    /// What Linux sends.
    pub reply: Reply,
    next: Next,
    /// Why.
    pub cause: Cause,
}

impl Difference {
    fn answer(&self, state: State, variables: &Variables) -> Answer {
        let state = match self.next {
            Stay => state,
            To(next) => next,
            Origin if variables.passive => Listen,
            Origin => Closed,
        };
        Answer { reply: self.reply, state }
    }
}

/// A segment beside the numbers of the end that gets it.
struct Look<'a> {
    variables: &'a Variables,
    segment: &'a Arriving,
    /// The kernel keeps only a small substitute for the socket.
    substitute: bool,
}

impl Look<'_> {
    /// Whether of `mask` exactly `flags` are set.
    fn has(&self, flags: Flags, mask: Flags) -> bool {
        self.segment.flags.bits() & mask.bits() == flags.bits()
    }

    fn in_window(&self) -> bool {
        self.variables.in_window(self.segment.seq, self.segment.sequence_len())
    }

    /// A segment with an ACK and neither SYN nor RST, in the window, whose numbers begin with or after the next one.
    fn brings_something(&self) -> bool {
        self.has(ACK, ACK_SYN_RST)
            && self.in_window()
            && self.segment.sequence_len() > 0
            && !self.segment.seq.before(self.variables.rcv_nxt)
    }

    /// The next FIN in order, and nothing else.
    fn is_next_fin(&self) -> bool {
        self.segment.flags.fin() && self.segment.end() == self.variables.rcv_nxt + 1
    }
}

const ACK: Flags = Flags::ACK;
const SYN: Flags = Flags::SYN;
const RST: Flags = Flags::RST;
const SYN_FIN: Flags = SYN.with(Flags::FIN);
const SYN_RST: Flags = SYN.with(RST);
const ACK_RST: Flags = ACK.with(RST);
const ACK_SYN: Flags = ACK.with(SYN);
const ACK_SYN_RST: Flags = ACK.with(SYN_RST);
/// The flags that decide; the others neither ask for anything nor take a number.
const DECIDING: Flags = ACK_SYN_RST.with(Flags::FIN);

const fn held(
    states: &'static [State],
    segment: fn(&Look<'_>) -> bool,
    (reply, next): (Reply, Next),
    cause: Cause,
) -> Difference {
    Difference { states, orphan: false, segment, reply, next, cause }
}

/// FIN-WAIT-1 without a program: the socket is whole, and nobody reads from it.
const fn closed(segment: fn(&Look<'_>) -> bool, (reply, next): (Reply, Next), cause: Cause) -> Difference {
    Difference { states: &[FinWait1], orphan: true, segment, reply, next, cause }
}

/// FIN-WAIT-2 without a program: the kernel keeps a small substitute for the socket.
const fn orphan(segment: fn(&Look<'_>) -> bool, (reply, next): (Reply, Next), cause: Cause) -> Difference {
    Difference { states: &[FinWait2], orphan: true, segment, reply, next, cause }
}

const DROP: (Reply, Next) = (Reply::Nothing, Stay);
/// The states with a socket of their own behind a window.
const OPEN: &[State] = &[SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck];
/// Those whose socket is whole: what is left of a SYN at a listener has its own checks.
const WHOLE: &[State] = &[Established, FinWait1, FinWait2, CloseWait, Closing, LastAck];
/// The states in which keys of signatures are looked for: all but TIME-WAIT.
const WITH_KEYS: &[State] =
    &[Closed, Listen, State::SynSent, SynReceived, Established, FinWait1, FinWait2, CloseWait, Closing, LastAck];
const REFUSE: (Reply, Next) = (Reply::Reset, To(Closed));

/// Every known difference; the first row that fits counts.
#[rustfmt::skip]
pub const LINUX: &[Difference] = &[
    held(WITH_KEYS, |look| look.segment.signed && !look.substitute, DROP, C::Signed),

    held(&[Listen], |look| look.has(SYN_FIN, DECIDING), DROP, C::SynWithFin),

    held(&[SynReceived], is_repeated_syn, (Reply::SynAck, Stay), C::RepeatsSynAck),
    held(&[SynReceived], has_unacceptable_ack, (Reply::Reset, Stay), C::AckBeforeWindow),
    held(&[SynReceived], |look| look.has(SYN, ACK_SYN_RST) && look.in_window(), (Reply::ResetAck, Origin), C::GivesUpAloud),
    held(&[SynReceived], |look| look.has(ACK_SYN, ACK_SYN_RST) && look.in_window(), (Reply::Reset, Origin), C::GivesUpAloud),

    closed(|look| look.brings_something() && !look.is_next_fin() && has_acceptable_ack(look), REFUSE, C::NobodyReads),
    closed(is_old_data, (Reply::Nothing, To(FinWait2)), C::OldDataAcknowledges),
    held(&[FinWait1], is_old_data, (Reply::Ack, To(FinWait2)), C::OldDataAcknowledges),
    held(&[Closing], is_old_data, (Reply::Nothing, To(TimeWait)), C::OldDataAcknowledges),
    held(&[LastAck], is_old_data, (Reply::Nothing, To(Closed)), C::OldDataAcknowledges),

    orphan(|look| look.has(SYN, ACK_SYN_RST) && look.in_window(), (Reply::ResetAck, To(Closed)), C::NobodyReads),
    orphan(|look| look.has(ACK_SYN, ACK_SYN_RST) && look.in_window(), REFUSE, C::NobodyReads),
    orphan(|look| look.brings_something() && !look.is_next_fin(), REFUSE, C::NobodyReads),
    orphan(|look| look.segment.flags.rst() && look.in_window(), (Reply::Nothing, To(Closed)), C::AnyReset),
    orphan(is_reset_at_the_edge, (Reply::Nothing, To(Closed)), C::WiderByOne),
    orphan(|look| look.segment.flags.rst(), (Reply::Ack, Stay), C::AnswersReset),
    orphan(is_bare_ack_out_of_range, DROP, C::AckUnread),

    held(&[CloseWait], |look| look.brings_something() && has_acceptable_ack(look), DROP, C::BehindFin),

    held(&[TimeWait], |look| look.has(SYN, ACK_SYN_RST) && look.segment.seq.after(look.variables.rcv_nxt), (Reply::SynAck, To(SynReceived)), C::Reopens),
    held(&[TimeWait], is_bare_ack_out_of_range, DROP, C::AckUnread),
    held(&[TimeWait], |look| look.has(Flags::NONE, ACK_SYN_RST) && look.segment.sequence_len() > 0, (Reply::Ack, Stay), C::AckFlagUnread),
    held(&[TimeWait], |look| look.segment.flags.rst() && look.segment.seq != look.variables.rcv_nxt, DROP, C::PassesReset),

    held(OPEN, is_reset_at_the_edge, (Reply::Ack, Stay), C::WiderByOne),
    held(&[SynReceived], is_ack_at_the_edge, (Reply::Nothing, To(Established)), C::WiderByOne),
    held(&[FinWait1], acknowledges_fin_at_the_edge, (Reply::Nothing, To(FinWait2)), C::WiderByOne),
    held(&[Closing], acknowledges_fin_at_the_edge, (Reply::Nothing, To(TimeWait)), C::WiderByOne),
    held(&[LastAck], acknowledges_fin_at_the_edge, (Reply::Nothing, To(Closed)), C::WiderByOne),
    held(OPEN, is_ack_at_the_edge, DROP, C::WiderByOne),

    held(WHOLE, |look| !look.substitute && look.has(Flags::NONE, ACK_SYN_RST) && !look.in_window(), DROP, C::FlagsFirst),
];

fn is_repeated_syn(look: &Look<'_>) -> bool {
    look.has(SYN, DECIDING) && look.segment.seq == look.variables.irs
}

/// Nothing that takes a number, with the first number beyond the window.
fn is_at_the_edge(look: &Look<'_>) -> bool {
    let variables = look.variables;
    look.segment.sequence_len() == 0
        && variables.rcv_wnd > 0
        && look.segment.seq == variables.rcv_nxt + variables.rcv_wnd
}

fn is_reset_at_the_edge(look: &Look<'_>) -> bool {
    look.has(RST, SYN_RST) && is_at_the_edge(look)
}

/// A bare ACK there, which counts; without a socket of its own its acknowledgment is not looked at.
fn is_ack_at_the_edge(look: &Look<'_>) -> bool {
    look.has(ACK, DECIDING) && is_at_the_edge(look) && (look.substitute || has_acceptable_ack(look))
}

fn acknowledges_fin_at_the_edge(look: &Look<'_>) -> bool {
    is_ack_at_the_edge(look) && look.segment.ack == look.variables.snd_nxt
}

fn has_acceptable_ack(look: &Look<'_>) -> bool {
    look.variables.acceptable_ack(look.segment.ack)
}

fn has_unacceptable_ack(look: &Look<'_>) -> bool {
    look.has(ACK, ACK_RST) && !look.variables.acknowledges_new(look.segment.ack)
}

/// Data that ends where the next is expected, with an acknowledgment of our FIN.
fn is_old_data(look: &Look<'_>) -> bool {
    let segment = look.segment;
    look.has(ACK, DECIDING)
        && segment.len > 0
        && segment.end() == look.variables.rcv_nxt
        && segment.ack == look.variables.snd_nxt
}

/// An ACK and nothing else, exactly in order.
fn is_bare_ack_out_of_range(look: &Look<'_>) -> bool {
    look.has(ACK, DECIDING)
        && look.segment.len == 0
        && look.segment.seq == look.variables.rcv_nxt
        && !has_acceptable_ack(look)
}

/// What Linux is known to do with `segment` where RFC 9293 asks for something else; none where no difference is known.
#[must_use]
pub fn linux_differs(standing: Standing, variables: &Variables, segment: Option<&Arriving>) -> Option<(Answer, Cause)> {
    let substitute = standing.state == TimeWait || standing.state == FinWait2 && standing.orphan;
    let look = Look { variables, segment: segment?, substitute };
    let fits = |row: &&Difference| {
        row.states.contains(&standing.state) && (standing.orphan || !row.orphan) && (row.segment)(&look)
    };
    let row = LINUX.iter().find(fits)?;
    let (answer, cause) = unsigned(row.answer(standing.state, variables), row.cause, &look);
    let asked = expected(standing.state, variables, segment).answer;
    let same = asked.reply.shape(standing.state) == answer.reply.shape(standing.state) && asked.state == answer.state;
    (!same).then_some((answer, cause))
}

/// A substitute does not look for signatures. What would leave it for a socket that does is dropped on the way, and what
/// it would answer with a reset has none, since that could not be signed.
fn unsigned(answer: Answer, cause: Cause, look: &Look<'_>) -> (Answer, Cause) {
    let state = match answer.reply {
        _ if !(look.segment.signed && look.substitute) => return (answer, cause),
        Reply::SynAck => Closed,
        Reply::Reset | Reply::ResetAck => answer.state,
        _ => return (answer, cause),
    };
    (Answer { reply: Reply::Nothing, state }, Cause::Signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_a_row() {
        for cause in Cause::ALL {
            assert!(LINUX.iter().any(|row| row.cause == cause), "{cause:?}");
        }
        assert_eq!(Cause::ALL.len(), Cause::Signed as usize + 1);
    }
}
