//! A crafted segment, what it was to bring and what it brought, in words.

use super::{Statement, why_linux_differs};
use crate::tcp::{
    Answer, Arriving, Basis, Cause, Damage, Heard, Judgement, Number, ORIGINS, Observed, Relative, Ruling, Seq, Shape,
    Standing, State, Verdict,
};

/// A crafted segment and what came of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The segment, and how what came of it stands beside the rules.
    pub ruling: Ruling,
    /// How the peer came into its state.
    pub how: Option<&'static str>,
    /// An ICMP error that came, in words.
    pub error: Option<String>,
}

/// What is wrong with a packet that has to be dropped for it.
#[must_use]
pub const fn damage_words(damage: Damage) -> &'static str {
    match damage {
        Damage::IpChecksum => "its IP header checksum is wrong",
        Damage::Fragment => "a fragment, the rest of which never comes",
        Damage::IpLength => "the length in its IP header is not its own",
        Damage::DataOffset => "its data offset is wrong",
        Damage::Checksum => "its checksum is wrong",
        Damage::Header => "its header cannot be read",
    }
}

/// Numbers this near to a variable of the connection are told by it.
const NEAR: u32 = 1 << 24;

impl Case {
    /// The state in words: `FIN-WAIT-2 without a program`.
    #[must_use]
    pub fn state(&self) -> String {
        match self.ruling.basis {
            Basis::Either => "LISTEN or CLOSED".to_owned(),
            Basis::Neither => "unknown".to_owned(),
            _ => standing(self.ruling.judgement.standing),
        }
    }

    /// A number of the segment by a variable of the peer's end: `RCV.NXT+100`. The first of `origins` that is near is
    /// taken, but for one that it equals.
    fn relative(&self, number: Seq, origins: &[&str]) -> Option<String> {
        if !matches!(self.ruling.basis, Basis::Told | Basis::Made) {
            return None;
        }
        let near = |name: &&str| {
            let origin: Relative = name.parse().ok()?;
            let offset = number.distance(origin.resolve(&self.ruling.variables));
            (offset.unsigned_abs() < NEAR).then(|| (offset, name.to_uppercase()))
        };
        let near: Vec<(i32, String)> = origins.iter().filter_map(near).collect();
        let (offset, name) = near.iter().find(|(offset, _)| *offset == 0).or(near.first())?;
        Some(if *offset == 0 { name.clone() } else { format!("{name}{offset:+}") })
    }

    /// SEG.SEQ so.
    #[must_use]
    pub fn relative_seq(&self) -> Option<String> {
        self.relative(self.ruling.sent.seq, &[ORIGINS[0].name, ORIGINS[1].name])
    }

    /// SEG.ACK so; none without the ACK flag.
    #[must_use]
    pub fn relative_ack(&self) -> Option<String> {
        let names = [ORIGINS[2].name, ORIGINS[3].name, ORIGINS[4].name];
        self.ruling.sent.flags.ack().then(|| self.relative(self.ruling.sent.ack, &names)).flatten()
    }

    /// Why a known stack does otherwise, where that is what was seen.
    #[must_use]
    pub const fn cause(&self) -> Option<Cause> {
        match self.ruling.judgement.verdict {
            Verdict::Known(cause) => Some(cause),
            _ => None,
        }
    }

    /// Whether an answer came.
    #[must_use]
    pub const fn is_answered(&self) -> bool {
        self.ruling.judgement.observed.heard.is_some()
    }

    /// Whether an answer came that RFC 9293 does not ask for.
    #[must_use]
    pub fn is_otherwise(&self) -> bool {
        self.is_answered() && self.ruling.judgement.verdict != Verdict::Agrees
    }

    /// The state, or that no answer like this is asked for, in few words; nothing where an ICMP error says it all.
    #[must_use]
    pub fn brief(&self) -> Option<String> {
        match self.ruling.judgement.verdict {
            Verdict::Agrees | Verdict::Known(_) => Some(self.state()),
            Verdict::NotJudged => None,
            Verdict::Differs => Some("not as RFC 9293 asks".to_owned()),
        }
    }

    fn sent(&self) -> String {
        let Arriving { seq, ack, flags, len, signed } = self.ruling.sent;
        let flags = if flags.names().next().is_none() { "no flag".to_owned() } else { flags.to_string() };
        let seq = self.relative_seq().unwrap_or_else(|| seq.to_string());
        let mut text = format!("{flags} seq={seq}");
        if self.ruling.sent.flags.ack() {
            text += &format!(" ack={}", self.relative_ack().unwrap_or_else(|| ack.to_string()));
        }
        if len > 0 {
            text += &format!(", {}", super::count(u64::from(len), "octet"));
        }
        if signed {
            text += ", signed with MD5";
        }
        text + &self
            .ruling
            .damage
            .map_or_else(String::new, |damage| format!(", to be dropped: {}", damage_words(damage)))
    }

    fn before(&self) -> State {
        self.ruling.judgement.standing.state
    }

    fn stands(&self) -> String {
        let state = self.state();
        match (self.ruling.basis, self.how, self.ruling.judgement.observed.heard) {
            (Basis::Told, Some(how), _) => format!("{state}, as its kernel says ({how})"),
            (Basis::Made, Some(how), _) => format!("{state} ({how})"),
            (Basis::Told | Basis::Made, None, _) => state,
            (Basis::Answer, _, Some(_)) => format!("{state}, by its answer: no connection was there"),
            (Basis::Answer, _, None) => format!("{state}, by its silence, if it got there: CLOSED would answer"),
            (Basis::Either, _, Some(_)) => format!("{state}: no connection was there, and both answer so"),
            (Basis::Either, _, None) => format!("{state}, if it got there: both are silent"),
            (Basis::Neither, _, Some(Heard::Error)) => "unknown: it did not get there".to_owned(),
            (Basis::Neither, ..) => "unknown: neither LISTEN nor CLOSED answers so; a firewall, perhaps".to_owned(),
        }
    }

    /// The whole of it, line by line.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        let Judgement { expected, observed, linux, .. } = &self.ruling.judgement;
        let line = |subject, text| Statement { subject, text };
        let asked = self.answer(&expected.answer);
        // Where both states are as silent as Linux, RFC 9293 may ask each for something else.
        let known = self.ruling.basis == Basis::Either && self.cause().is_some();
        let from = if self.ruling.basis == Basis::Neither || known { "from LISTEN: " } else { "" };
        let mut lines = vec![line("Sent", self.sent()), line("To", self.stands())];
        // What never got to a target of unknown state was not to bring anything.
        if (self.ruling.basis, self.ruling.judgement.verdict) != (Basis::Neither, Verdict::NotJudged) {
            lines.push(line("Expected", format!("{from}{asked} (RFC 9293 section {})", expected.section)));
        }
        lines.push(line("Observed", self.observed(observed)));
        lines.push(line("Verdict", self.verdict().to_owned()));
        if let Some(cause) = self.cause() {
            lines.push(line("Why", why_linux_differs(cause).to_owned()));
        } else if let (Verdict::Differs, Some((known, _))) = (self.ruling.judgement.verdict, linux) {
            lines.push(line("Linux", format!("would answer otherwise, too: {}", self.answer(known))));
        }
        lines
    }

    const fn verdict(&self) -> &'static str {
        match (self.ruling.judgement.verdict, self.ruling.judgement.observed.state) {
            (Verdict::Agrees, Some(_)) => "as RFC 9293 asks",
            (Verdict::Agrees, None) => "as RFC 9293 asks, as far as it can be seen",
            (Verdict::Known(_), _) => "not what RFC 9293 asks, but what Linux is known to do",
            (Verdict::NotJudged, _) => "not judged: by the ICMP error it never reached the target's TCP",
            (Verdict::Differs, _) => "not what RFC 9293 asks, nor any difference that is known",
        }
    }

    /// An answer by its rules.
    fn answer(&self, answer: &Answer) -> String {
        let reply = answer.reply.shape(self.before()).map_or_else(
            || "no answer".to_owned(),
            |Shape { flags, seq, ack }| {
                let ack = ack.map_or_else(String::new, |rule| format!(" ack={rule}"));
                format!("{flags} seq={seq}{ack}")
            },
        );
        format!("{reply}; {}", self.goes(answer.state))
    }

    fn goes(&self, after: State) -> String {
        match (self.before() == after, self.ruling.basis) {
            (true, Basis::Either) => "it stays where it is".to_owned(),
            (true, _) => format!("it stays in {after}"),
            (false, _) => format!("it goes to {after}"),
        }
    }

    /// What was observed: the answer, and the state where it could be seen.
    fn observed(&self, observed: &Observed) -> String {
        let heard = match observed.heard {
            None => "no answer".to_owned(),
            Some(Heard::Error) => self.error.clone().unwrap_or_else(|| "an ICMP error".to_owned()),
            Some(Heard::Segment { flags, seq, ack }) => {
                let mut text = format!("{flags} seq={}", number(observed.seq, seq));
                if flags.ack() {
                    text += &format!(" ack={}", number(observed.ack, ack));
                }
                text
            }
        };
        match observed.state {
            Some(state) => format!("{heard}; {}", self.goes(state)),
            None if self.ruling.basis == Basis::Made => {
                format!("{heard}; the state afterwards cannot be seen from here")
            }
            None => heard,
        }
    }

    /// The same in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let Judgement { expected, observed, .. } = &self.ruling.judgement;
        format!(
            "to {}: {}; expected: {}; observed: {}; {}",
            self.state(),
            self.sent(),
            self.answer(&expected.answer),
            self.observed(observed),
            self.verdict()
        )
    }
}

fn standing(standing: Standing) -> String {
    let Standing { state, orphan } = standing;
    if orphan { format!("{state} without a program") } else { state.to_string() }
}

fn number(rule: Option<Number>, number: Seq) -> String {
    rule.map_or_else(|| format!("{number} (by no rule)"), |rule| rule.to_string())
}
