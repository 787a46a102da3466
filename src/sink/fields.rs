//! What the verdict on a connection says, by the names that JSON has for it: for tables, sorting and choosing.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::tcp::State;
use crate::trace::{
    Certainty, ConnState, CutOff, Handshake, History, Mark, Marks, Millis, ResetNumber, Side, Stage, Summary,
    Termination, holder,
};
use crate::wire::{OptionSummary, Time};

/// The verdict on the connection of this number.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Number of the connection.
    pub number: u32,
    /// The verdict.
    pub summary: &'a Summary,
}

/// What a field holds for one connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Nothing: null in JSON.
    Absent,
    /// Yes or no.
    Flag(bool),
    /// A count, or milliseconds.
    Number(f64),
    /// A moment.
    Time(Time),
    /// One of a few names.
    Name(&'static str),
    /// Address and port.
    Socket(SocketAddr),
    /// An address alone.
    Address(IpAddr),
    /// Any number of marks.
    Marks(Marks),
    /// Letters of Zeek's history.
    History(History),
}

impl Value {
    /// The order for sorting; what is absent goes last in either direction. Marks are ordered by how many there are.
    #[must_use]
    pub fn order(self, other: Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Absent, Self::Absent) => return Ordering::Equal,
            (Self::Absent, _) => return Ordering::Greater,
            (_, Self::Absent) => return Ordering::Less,
            (Self::Number(one), Self::Number(other)) => one.total_cmp(&other),
            (Self::Time(one), Self::Time(other)) => one.cmp(&other),
            (Self::Flag(one), Self::Flag(other)) => one.cmp(&other),
            (Self::Name(one), Self::Name(other)) => one.cmp(other),
            (Self::Socket(one), Self::Socket(other)) => one.cmp(&other),
            (Self::Address(one), Self::Address(other)) => one.cmp(&other),
            (Self::History(one), Self::History(other)) => one.as_str().cmp(other.as_str()),
            (Self::Marks(one), Self::Marks(other)) => one.iter().count().cmp(&other.iter().count()),
            // A field has values of one kind.
            _ => Ordering::Equal,
        };
        if descending { order.reverse() } else { order }
    }
}

/// As JSON writes it, but without quotes; marks with blanks between them, and nothing where there is nothing.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => Ok(()),
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Name(name) => f.write_str(name),
            Self::History(history) => history.fmt(f),
            Self::Socket(socket) => socket.fmt(f),
            Self::Address(address) => address.fmt(f),
            Self::Marks(marks) => marks.iter().enumerate().try_for_each(|(index, mark)| {
                let blank = if index > 0 { " " } else { "" };
                write!(f, "{blank}{}", mark.name())
            }),
        }
    }
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Yes or no.
    Flag,
    /// A number without a unit.
    Number,
    /// Milliseconds.
    Millis,
    /// A moment, in seconds since 1970 UTC.
    Time,
    /// One of the names that this gives.
    Name(fn() -> Vec<&'static str>),
    /// Address and port.
    Socket,
    /// An address.
    Address,
    /// Any of the names that this gives.
    Marks(fn() -> Vec<&'static str>),
    /// Letters, of which upper and lower case are not the same.
    Letters,
}

/// A field of the verdict.
#[derive(Debug)]
pub struct Field {
    /// Its place in the JSON object of `--list`, with dots between the levels.
    pub name: &'static str,
    /// Another name: that of the column of the table.
    pub alias: Option<&'static str>,
    /// What it holds.
    pub kind: Kind,
    /// Its value for a connection.
    pub value: fn(&Row<'_>) -> Value,
}

const fn field(name: &'static str, kind: Kind, value: fn(&Row<'_>) -> Value) -> Field {
    Field { name, alias: None, kind, value }
}

const fn column(name: &'static str, alias: &'static str, kind: Kind, value: fn(&Row<'_>) -> Value) -> Field {
    Field { name, alias: Some(alias), kind, value }
}

/// Every field. `client.ip` and the like are parts of a JSON value, `bytes` is a sum, and of `timestamps` on a SYN it is
/// told whether they are there.
pub const FIELDS: &[Field] = &[
    column("connection", "#", Kind::Number, |row| count(row.number)),
    field("client", Kind::Socket, |row| Value::Socket(row.summary.client)),
    field("client.ip", Kind::Address, |row| Value::Address(row.summary.client.ip())),
    field("client.port", Kind::Number, |row| count(row.summary.client.port())),
    field("server", Kind::Socket, |row| Value::Socket(row.summary.server)),
    field("server.ip", Kind::Address, |row| Value::Address(row.summary.server.ip())),
    field("server.port", Kind::Number, |row| count(row.summary.server.port())),
    field("first", Kind::Time, |row| Value::Time(row.summary.first)),
    field("last", Kind::Time, |row| Value::Time(row.summary.last)),
    column("duration_ms", "duration", Kind::Millis, |row| millis(Some(duration(row.summary)))),
    column("handshake", "opened", Kind::Name(handshakes), |row| Value::Name(row.summary.handshake.name())),
    field("one_way", Kind::Name(sides), |row| side(row.summary.one_way)),
    column("termination", "closed", Kind::Name(terminations), |row| Value::Name(row.summary.termination.name())),
    field("half_close", Kind::Flag, |row| Value::Flag(row.summary.half_close)),
    field("closed_first", Kind::Name(sides), |row| side(row.summary.closed_first)),
    field("reset_by", Kind::Name(sides), |row| side(row.summary.reset_by)),
    field("reset_number", Kind::Name(reset_numbers), |row| {
        row.summary.reset_number.map_or(Value::Absent, |number| Value::Name(number.name()))
    }),
    field("cut_off.unread", Kind::Number, |row| cut_off(row, |cut| f64::from(cut.unread))),
    field("cut_off.unacknowledged", Kind::Number, |row| cut_off(row, |cut| f64::from(cut.unacknowledged))),
    field("cut_off.unanswered", Kind::Number, |row| cut_off(row, |cut| cut.unanswered as f64)),
    field("stage", Kind::Name(stages), |row| {
        row.summary.stage.map_or(Value::Absent, |stage| Value::Name(stage.name()))
    }),
    field("time_wait", Kind::Name(holders), |row| holder(row.summary.time_wait).map_or(Value::Absent, Value::Name)),
    field("completeness", Kind::Number, |row| count(row.summary.completeness)),
    column("conn_state", "zeek", Kind::Name(conn_states), |row| Value::Name(row.summary.conn_state.name())),
    field("history", Kind::Letters, |row| Value::History(row.summary.history)),
    field("segments", Kind::Number, |row| large(row.summary.segments)),
    field("bytes", Kind::Number, |row| large(row.summary.bytes_client.saturating_add(row.summary.bytes_server))),
    column("bytes_client", "bytes>", Kind::Number, |row| large(row.summary.bytes_client)),
    column("bytes_server", "bytes<", Kind::Number, |row| large(row.summary.bytes_server)),
    field("handshake_rtt_ms", Kind::Millis, |row| millis(row.summary.handshake_rtt)),
    column("handshake_ms", "setup", Kind::Millis, |row| millis(row.summary.handshake_time)),
    field("termination_ms", Kind::Millis, |row| millis(row.summary.termination_time)),
    field("syns", Kind::Number, |row| count(row.summary.syns)),
    field("retransmissions.client", Kind::Number, |row| count(row.summary.retransmissions.client)),
    field("retransmissions.server", Kind::Number, |row| count(row.summary.retransmissions.server)),
    column("marks", "notes", Kind::Marks(marks), |row| Value::Marks(row.summary.marks)),
    field("ecn.client", Kind::Flag, |row| Value::Flag(row.summary.ecn.client)),
    field("ecn.server", Kind::Flag, |row| Value::Flag(row.summary.ecn.server)),
    field("states.client.state", Kind::Name(states), |row| state(row, Side::Client)),
    field("states.server.state", Kind::Name(states), |row| state(row, Side::Server)),
    field("states.client.certainty", Kind::Name(certainties), |row| certainty(row, Side::Client)),
    field("states.server.certainty", Kind::Name(certainties), |row| certainty(row, Side::Server)),
    field("offered.client.mss", Kind::Number, |row| offer(row, Side::Client, |options| options.mss)),
    field("offered.server.mss", Kind::Number, |row| offer(row, Side::Server, |options| options.mss)),
    field("offered.client.window_scale", Kind::Number, |row| offer(row, Side::Client, |options| options.window_scale)),
    field("offered.server.window_scale", Kind::Number, |row| offer(row, Side::Server, |options| options.window_scale)),
    field("offered.client.sack_permitted", Kind::Flag, |row| {
        offers(row, Side::Client, |options| options.sack_permitted)
    }),
    field("offered.server.sack_permitted", Kind::Flag, |row| {
        offers(row, Side::Server, |options| options.sack_permitted)
    }),
    field("offered.client.timestamps", Kind::Flag, |row| {
        offers(row, Side::Client, |options| options.timestamps.is_some())
    }),
    field("offered.server.timestamps", Kind::Flag, |row| {
        offers(row, Side::Server, |options| options.timestamps.is_some())
    }),
    field("icmp.type", Kind::Number, |row| row.summary.icmp.map_or(Value::Absent, |icmp| count(icmp.kind))),
    field("icmp.code", Kind::Number, |row| row.summary.icmp.map_or(Value::Absent, |icmp| count(icmp.code))),
];

impl Field {
    /// The field of this name or alias.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name || field.alias == Some(name))
    }
}

/// The order of rows in a list.
#[derive(Clone, Copy, Debug)]
pub struct Sort {
    /// By what.
    pub field: &'static Field,
    /// The largest first.
    pub descending: bool,
}

/// From the first segment to the last.
pub(super) fn duration(summary: &Summary) -> Millis {
    Millis(summary.last.since(summary.first))
}

fn count(number: impl Into<f64>) -> Value {
    Value::Number(number.into())
}

/// Above 2⁵³ the nearest number that a float can hold.
fn large(number: u64) -> Value {
    Value::Number(number as f64)
}

/// Nanoseconds divided once, as JSON has them.
fn millis(time: Option<Millis>) -> Value {
    let in_millis = |time: Duration| time.as_nanos() as f64 / 1e6;
    time.map_or(Value::Absent, |time| Value::Number(in_millis(time.0)))
}

fn side(side: Option<Side>) -> Value {
    side.map_or(Value::Absent, |side| Value::Name(side_name(side)))
}

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Server => "server",
    }
}

fn state(row: &Row<'_>, side: Side) -> Value {
    row.summary.states[side].state.map_or(Value::Absent, |state| Value::Name(state.name()))
}

fn certainty(row: &Row<'_>, side: Side) -> Value {
    Value::Name(row.summary.states[side].certainty.name())
}

fn cut_off(row: &Row<'_>, octets: impl Fn(&CutOff) -> f64) -> Value {
    row.summary.cut_off.as_ref().map_or(Value::Absent, |cut| Value::Number(octets(cut)))
}

fn offer<N: Into<f64>>(row: &Row<'_>, side: Side, of: impl Fn(&OptionSummary) -> Option<N>) -> Value {
    row.summary.offered[side].as_ref().and_then(of).map_or(Value::Absent, count)
}

/// Whether an option was on the SYN; nothing where the SYN was not seen.
fn offers(row: &Row<'_>, side: Side, has: impl Fn(&OptionSummary) -> bool) -> Value {
    row.summary.offered[side].as_ref().map_or(Value::Absent, |options| Value::Flag(has(options)))
}

fn handshakes() -> Vec<&'static str> {
    Handshake::ALL.map(Handshake::name).to_vec()
}

fn terminations() -> Vec<&'static str> {
    Termination::ALL.map(Termination::name).to_vec()
}

fn reset_numbers() -> Vec<&'static str> {
    ResetNumber::ALL.map(ResetNumber::name).to_vec()
}

fn stages() -> Vec<&'static str> {
    Stage::ALL.map(Stage::name).to_vec()
}

fn conn_states() -> Vec<&'static str> {
    ConnState::ALL.iter().map(|state| state.name()).collect()
}

fn sides() -> Vec<&'static str> {
    Side::BOTH.map(side_name).to_vec()
}

fn holders() -> Vec<&'static str> {
    [sides(), vec!["both"]].concat()
}

fn states() -> Vec<&'static str> {
    State::ALL.map(State::name).to_vec()
}

fn certainties() -> Vec<&'static str> {
    Certainty::ALL.map(Certainty::name).to_vec()
}

fn marks() -> Vec<&'static str> {
    Mark::all().map(Mark::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_fields() {
        let mut names: Vec<_> = FIELDS.iter().flat_map(|field| [Some(field.name), field.alias]).flatten().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_is_absent_goes_last_in_either_direction() {
        for descending in [false, true] {
            assert_eq!(Value::Absent.order(Value::Number(1.0), descending), Ordering::Greater);
            assert_eq!(Value::Number(1.0).order(Value::Absent, descending), Ordering::Less);
        }
        assert_eq!(Value::Number(1.0).order(Value::Number(2.0), true), Ordering::Greater);
    }

    #[test]
    fn values_are_shown_as_json_has_them() {
        let marks = [Mark::KeepAlive, Mark::Gap].into_iter().collect();
        assert_eq!(Value::Marks(marks).to_string(), "gap keep-alive");
        assert_eq!(Value::Number(0.038_208).to_string(), "0.038208");
        assert_eq!(Value::Number(31.0).to_string(), "31");
        assert_eq!(Value::Absent.to_string(), "");
    }
}
