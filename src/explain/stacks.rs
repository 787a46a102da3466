//! Why a known stack answers otherwise than RFC 9293 asks.

use crate::tcp::Cause;

/// Why Linux does otherwise: whole sentences.
#[must_use]
pub const fn why_linux_differs(cause: Cause) -> &'static str {
    match cause {
        Cause::SynWithFin => {
            "Linux drops a SYN with a FIN in LISTEN: no real stack makes one, but port scanners do, so silence is the \
             safer answer."
        }
        Cause::GivesUpAloud => {
            "RFC 9293 goes back to LISTEN in silence. Linux goes back, too, and tells the sender with a RST, so that it \
             need not wait."
        }
        Cause::RepeatsSynAck => {
            "RFC 9293 sees an old number and asks for an ACK. Linux knows its own connection request again and repeats \
             the SYN,ACK, which is what a client needs that has lost it."
        }
        Cause::AckBeforeWindow => {
            "RFC 9293 looks at the sequence number first. Linux looks first whether the acknowledgment is of its own \
             SYN, and resets what acknowledges anything else (RFC 9293 section 3.5.2, group 2, can be read that way)."
        }
        Cause::OldDataAcknowledges => {
            "RFC 9293 drops a segment that brings only what is there already. Linux takes the old octets off and still \
             reads the acknowledgment, so the FIN counts as acknowledged."
        }
        Cause::NobodyReads => {
            "The program has called close(), so nobody can read what comes. Linux says so with a RST and forgets the \
             connection (RFC 9293 section 3.6.1, SHLD-3)."
        }
        Cause::AnyReset => {
            "The program has called close(), and Linux keeps only a small substitute for the socket. That one believes \
             any RST in the window, as before RFC 5961, and sends no challenge ACK."
        }
        Cause::AnswersReset => {
            "The program has called close(), and Linux keeps only a small substitute for the socket. That one answers \
             whatever is outside the window with an ACK, even a RST."
        }
        Cause::AckUnread => {
            "Linux keeps only a small substitute for the socket here, and that one does not look at acknowledgment \
             numbers, so a wrong one goes unanswered."
        }
        Cause::BehindFin => {
            "The peer has sent its FIN, so nothing can come behind it. RFC 9293 asks for an ACK; Linux drops it in \
             silence."
        }
        Cause::Reopens => {
            "RFC 9293 allows to make room for a new connection whose SYN is beyond the old numbers (section 3.6.1, \
             MAY-2; RFC 6191). Linux does."
        }
        Cause::AckFlagUnread => {
            "Without an ACK flag RFC 9293 drops the segment. Linux in TIME-WAIT does not look for that flag: whatever \
             takes a sequence number is answered with an ACK."
        }
        Cause::PassesReset => {
            "RFC 5961 asks for a challenge ACK. Linux in TIME-WAIT passes over a RST that is not exact, and stays."
        }
        Cause::Signed => {
            "RFC 9293 passes over options that an end does not know. Linux knows MD5 signatures: without a key for this \
             peer it drops what is signed, and sends no answer that it could not sign (RFC 2385 section 2)."
        }
        Cause::WiderByOne => {
            "Linux counts the first number beyond the window as one within, for what takes no number itself. So an ACK \
             there counts and is not answered; a RST there, which RFC 9293 drops, brings the challenge ACK of RFC 5961 or, \
             once the program has called close(), is believed."
        }
        Cause::FlagsFirst => {
            "RFC 9293 looks at the window first, and answers what lies outside with an ACK. Linux first drops all that has \
             none of SYN, RST and ACK."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_words_of_its_own() {
        let mut texts: Vec<_> = Cause::ALL.into_iter().map(why_linux_differs).collect();
        assert!(texts.iter().all(|text| text.contains("Linux") && text.ends_with('.')));
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), Cause::ALL.len());
    }
}
