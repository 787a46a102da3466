//! One line for each segment, as `tcpdump -nn -tt` writes it, with the states that it changed.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};

use super::Sink;
use super::exchange::ExchangeLines;
use crate::explain::{self, Names, Told};
use crate::ladder::Settings;
use crate::trace::exchange::ExchangeEvent;
use crate::trace::{
    Belief, Certainty, Comparison, Event, EventKind, IcmpEvent, KernelEvent, KernelKind, Pair, SegmentEvent, Side,
};
use crate::wire::{Checksum, Comments, OptionSummary, Time};

/// Writes each segment at once.
pub struct Lines<W> {
    out: W,
    absolute: bool,
    /// The connections that have not ended.
    open: HashMap<u32, Open>,
    exchanges: ExchangeLines,
    comments: Comments,
    ascii: bool,
}

/// A connection that has not ended.
struct Open {
    sockets: Pair<SocketAddr>,
    /// A segment with an ACK was shown, so that numbers can be counted from there.
    counting: bool,
}

impl<W: Write> Lines<W> {
    /// Writes to `out`.
    pub fn new(settings: &Settings, out: W) -> Self {
        let Settings { absolute, ascii, ref comments, .. } = *settings;
        let (open, exchanges, comments) = (HashMap::new(), ExchangeLines::default(), comments.clone());
        Self { out, absolute, open, exchanges, comments, ascii }
    }

    /// Writes the line of a packet, behind what was remarked on sections and interfaces before it, with what was remarked on
    /// the packet itself.
    fn line(&mut self, packet: u64, mut line: String) -> io::Result<()> {
        self.remarks(packet)?;
        for comment in self.comments.take(packet) {
            let _ = write!(line, " [{}]", explain::comment(&comment, self.ascii));
        }
        writeln!(self.out, "{line}")
    }

    fn remarks(&mut self, packet: u64) -> io::Result<()> {
        for comment in self.comments.take_of_files(packet) {
            writeln!(self.out, "# {}", explain::comment(&comment, self.ascii))?;
        }
        Ok(())
    }

    fn segment(&mut self, time: Time, connection: u32, segment: &SegmentEvent) -> io::Result<()> {
        let mut line = stamp(time);
        let mut counting = true;
        match self.open.get_mut(&connection) {
            Some(open) => {
                let [from, to] = [segment.from, segment.from.other()].map(|side| dotted(open.sockets[side]));
                let family = if open.sockets.client.is_ipv6() { "IP6" } else { "IP" };
                counting = open.counting;
                open.counting |= segment.flags.ack();
                let _ = write!(line, " {family} {from} > {to}: ");
            }
            // The connection was not announced: its number must do.
            None => {
                let _ = write!(line, " connection {connection} {:?}: ", segment.from);
            }
        }
        fields(&mut line, segment, self.absolute || !counting);
        notes(&mut line, segment);
        self.line(segment.number, line)
    }

    fn icmp(&mut self, time: Time, connection: u32, icmp: &IcmpEvent) -> io::Result<()> {
        let mut line = stamp(time);
        let protocol = if icmp.v6 { "IP6" } else { "IP" };
        let to = self.open.get(&connection).map(|open| open.sockets[icmp.about]);
        let to_address = to.map_or_else(String::new, |to| format!(" > {}", to.ip()));
        let words = explain::icmp_label(icmp).join(", ");
        let _ = write!(line, " {protocol} {}{to_address}: {words}", icmp.from);
        let _ = write!(line, ", type {}, code {}", icmp.kind, icmp.code);
        if let Some(to) = to {
            let _ = write!(line, ", about a segment from {}", dotted(to));
        }
        if !icmp.plausible {
            line += " [not believed]";
        }
        self.line(icmp.number, line)
    }
}

impl<W: Write> Lines<W> {
    /// `KERNEL 192.0.2.2.7 > 192.0.2.1.40123: recvfrom(7) = 5, echo 4711`: whose kernel comes first.
    fn kernel(&mut self, time: Time, connection: u32, event: &KernelEvent) -> io::Result<()> {
        let ends = self.open.get(&connection).map_or_else(
            || format!("connection {connection} {:?}", event.side),
            |open| format!("{} > {}", dotted(open.sockets[event.side]), dotted(open.sockets[event.side.other()])),
        );
        writeln!(self.out, "{} KERNEL {ends}: {}", stamp(time), kernel_words(event))
    }
}

/// `bind(3) = -1 EADDRINUSE, server 4711`; none for what is no call.
fn call_words(kind: &KernelKind) -> Option<String> {
    let (call, told) = match kind {
        KernelKind::Called(call) => (call, Told::Entered),
        KernelKind::Returned { call, .. } => (call, Told::Returned),
        _ => return None,
    };
    Some(format!("{}, {}", explain::system_call(kind, told), explain::process(&call.process)))
}

/// What a kernel told, in the words of a line.
pub(super) fn kernel_words(event: &KernelEvent) -> String {
    let names = Names::new(None, None, None);
    match &event.kind {
        kind @ (KernelKind::Called(_) | KernelKind::Returned { .. }) => call_words(kind).unwrap_or_default(),
        KernelKind::Compared(Comparison { agreed, contradictions, beyond }) => {
            format!("states compared: {agreed} agree, {contradictions} contradict, {beyond} beyond what segments tell")
        }
        _ => explain::kernel_words(event).or_else(|| explain::kernel_warning(event, &names)).unwrap_or_default(),
    }
}

impl<W: Write> Sink for Lines<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::Opened(opened) => {
                let sockets = Pair { client: opened.client, server: opened.server };
                self.open.insert(event.connection, Open { sockets, counting: false });
                Ok(())
            }
            EventKind::Segment(segment) => self.segment(event.time, event.connection, segment),
            EventKind::Icmp(icmp) => self.icmp(event.time, event.connection, icmp),
            EventKind::Kernel(kernel) => self.kernel(event.time, event.connection, kernel),
            EventKind::Ended(_) => {
                self.open.remove(&event.connection);
                Ok(())
            }
        }
    }

    fn exchange(&mut self, event: &ExchangeEvent) -> io::Result<()> {
        match (self.exchanges.line(event), event.packet()) {
            (Some(line), Some(packet)) => self.line(packet, line),
            (Some(line), None) => writeln!(self.out, "{line}"),
            (None, _) => Ok(()),
        }
    }

    fn apart(&mut self, time: Time, call: &KernelKind) -> io::Result<()> {
        call_words(call).map_or(Ok(()), |words| writeln!(self.out, "{} KERNEL no connection: {words}", stamp(time)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.remarks(u64::MAX)?;
        self.out.flush()
    }
}

/// Seconds since the epoch with six decimals.
pub(super) fn stamp(time: Time) -> String {
    let mut text = time.to_string();
    text.truncate(text.len() - 3);
    text
}

/// Address and port with a dot between them.
pub(super) fn dotted(socket: SocketAddr) -> String {
    match socket.ip() {
        IpAddr::V4(address) => format!("{address}.{}", socket.port()),
        IpAddr::V6(address) => format!("{address}.{}", socket.port()),
    }
}

/// `Flags [P.], seq 1:6, ack 1, win 502, options […], length 5`.
fn fields(line: &mut String, segment: &SegmentEvent, absolute: bool) {
    let flags = segment.flags;
    let _ = write!(line, "Flags [{}]", flags.tcpdump());
    if segment.checksum == Checksum::Bad {
        *line += ", cksum incorrect";
    }
    // As tcpdump does: a SYN and the first ACK show the numbers themselves, and what has no ACK is never counted.
    let relative = !absolute && flags.ack() && !flags.syn();
    let seq = if relative { segment.relative_seq } else { segment.seq.0 };
    if segment.len > 0 {
        let _ = write!(line, ", seq {seq}:{}", seq.wrapping_add(segment.len));
    } else if flags.syn() || flags.fin() || flags.rst() {
        let _ = write!(line, ", seq {seq}");
    }
    if flags.ack() {
        let ack = segment.relative_ack.filter(|_| relative).unwrap_or(segment.ack.0);
        let _ = write!(line, ", ack {ack}");
    }
    let _ = write!(line, ", win {}", segment.window);
    if flags.contains(crate::wire::Flags::URG) {
        let _ = write!(line, ", urg {}", segment.urgent);
    }
    let options = options(segment, absolute);
    if !options.is_empty() {
        let _ = write!(line, ", options [{}]", options.join(","));
    }
    let _ = write!(line, ", length {}", segment.len);
}

fn options(segment: &SegmentEvent, absolute: bool) -> Vec<String> {
    let OptionSummary { mss, window_scale, sack_permitted, timestamps, sack, .. } = &segment.options;
    let mut list = Vec::new();
    list.extend(mss.map(|mss| format!("mss {mss}")));
    if *sack_permitted {
        list.push("sackOK".to_owned());
    }
    list.extend(timestamps.map(|(value, echo)| format!("TS val {value} ecr {echo}")));
    list.extend(window_scale.map(|shift| format!("wscale {shift}")));
    let shown = |edge: u32| match segment.relative_ack {
        Some(relative) if !absolute => edge.wrapping_sub(segment.ack.0).wrapping_add(relative),
        _ => edge,
    };
    let blocks: String =
        sack.as_slice().iter().map(|(left, right)| format!("{{{}:{}}}", shown(*left), shown(*right))).collect();
    if !blocks.is_empty() {
        list.push(format!("sack {} {blocks}", sack.as_slice().len()));
    }
    list.extend(explain::rare_options(&segment.options, true));
    list
}

/// States that changed, and marks, in brackets.
fn notes(line: &mut String, segment: &SegmentEvent) {
    let mut notes = Vec::new();
    for (side, name) in [(Side::Client, "client"), (Side::Server, "server")] {
        let (before, after) = (segment.before[side], segment.after[side]);
        if before.state != after.state {
            notes.push(format!("{name} {} -> {}", state(before), state(after)));
        }
    }
    if segment.gap > 0 {
        notes.push(format!("{} not captured", explain::count(u64::from(segment.gap), "byte")));
    }
    notes.extend(segment.marks.iter().map(|mark| mark.name().to_owned()));
    if !notes.is_empty() {
        let _ = write!(line, " [{}]", notes.join(", "));
    }
}

fn state(belief: Belief) -> String {
    match (belief.state, belief.certainty) {
        (None, _) => "?".to_owned(),
        (Some(state), Certainty::Unknown) => format!("{state}?"),
        (Some(state), _) => state.to_string(),
    }
}
