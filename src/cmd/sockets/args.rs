//! The arguments of `rawshake sockets`, as they were typed.

use std::net::IpAddr;
use std::str::FromStr;

use crate::cmd::seconds::{Seconds, some_time};
use crate::tcp::State;

const AFTER_HELP: &str = "\
Examples:
  rawshake sockets                      every TCP and UDP socket
  rawshake sockets --tree               connection sockets beneath the listening
                                        socket that they came from
  rawshake sockets -l                   listening sockets, with their backlog
  rawshake sockets --port 443           either end has port 443
  rawshake sockets --state time-wait    also TIME_WAIT; several with commas
  rawshake sockets --process nginx      by name or by number
  rawshake sockets --tree --watch 0.5   every half second, in place; Ctrl-C
                                        ends it
  rawshake sockets --format json        one object for each socket

Recv-Q of a listening socket is its accept queue: handshakes that are complete
and that accept() has not fetched; Send-Q is how many may wait there, and Linux
takes one more. Recv-Q of a connection counts octets that came and that the
program has not read, Send-Q octets that the program wrote and the peer has not
acknowledged; the FIN counts as one. Of a datagram socket both are memory, with
the kernel's own records.
Only TCP and UDP show, no UDP-Lite, SCTP or raw sockets, and of this network
namespace only: others have theirs, as with ip netns exec NAME rawshake sockets,
or sudo nsenter --net --target PID rawshake sockets for a container.
No privilege is needed, but whose a socket is shows for your own processes only:
as root for all.
Exit codes: 0 sockets were shown, 1 there is none, 2 error.";

/// Show the TCP and UDP sockets of this machine: states, queues in words, timers, processes
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub struct Args {
    /// Connection sockets beneath their listening socket, and what each waits for
    #[arg(long)]
    pub(super) tree: bool,
    /// Show them again and again: in place on a terminal, elsewhere one block after the other
    #[arg(short, long, value_name = "SECONDS", value_parser = some_time, num_args = 0..=1, default_missing_value = "1")]
    pub(super) watch: Option<Seconds>,
    #[command(flatten)]
    pub(super) filter: Filter,
    /// How to show them
    #[arg(long, value_enum, default_value = "table", value_name = "FORMAT", help_heading = "Output")]
    pub(super) format: Format,
    /// Draw with ASCII characters only
    #[arg(long, help_heading = "Output")]
    pub(super) ascii: bool,
    /// Columns to draw in. If left out, those of the terminal; where there is none, as many as it takes
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000), help_heading = "Output")]
    pub(super) width: Option<u16>,
}

/// Which sockets.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Choice of sockets")]
pub(super) struct Filter {
    /// TCP sockets
    #[arg(short, long)]
    pub(super) tcp: bool,
    /// UDP sockets
    #[arg(short, long)]
    pub(super) udp: bool,
    /// Sockets of IPv4
    #[arg(short = '4', long)]
    pub(super) ipv4: bool,
    /// Sockets of IPv6, also those that speak IPv4
    #[arg(short = '6', long)]
    pub(super) ipv6: bool,
    /// Listening sockets, and datagram sockets without a peer
    #[arg(short, long)]
    pub(super) listening: bool,
    /// Sockets in this state, in the spelling of RFC 9293, of the kernel or of ss: syn-sent, SYN_SENT; also connected
    #[arg(short, long, value_name = "STATE", value_delimiter = ',')]
    pub(super) state: Vec<States>,
    /// Sockets with this port at either end
    #[arg(short, long, value_name = "PORT", value_delimiter = ',')]
    pub(super) port: Vec<u16>,
    /// Sockets with this address at either end
    #[arg(short, long, value_name = "ADDRESS")]
    pub(super) address: Option<IpAddr>,
    /// Sockets that this process holds: its number, or the name that the kernel has for it
    #[arg(long, value_name = "NAME|PID")]
    pub(super) process: Option<String>,
}

/// How to show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Columns for people
    Table,
    /// One line for each, as name=value
    Lines,
    /// One JSON object for each, a line each
    Json,
}

/// The states behind a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct States(pub(super) Vec<State>);

/// Words of ss(8) that are no spelling of a state's name: each with the name it stands for.
const WORDS: [(&str, State); 3] =
    [("estab", State::Established), ("unconn", State::Closed), ("listening", State::Listen)];

impl FromStr for States {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
        let word = plain(text);
        if word == "connected" {
            let is_connection = |state: &State| !matches!(state, State::Listen | State::Closed);
            return Ok(Self(State::ALL.into_iter().filter(is_connection).collect()));
        }
        let by_name =
            State::ALL.into_iter().find(|state| [state.name(), state.kernel_name()].map(plain).contains(&word));
        let by_word = || WORDS.iter().find(|(name, _)| *name == word).map(|(_, state)| *state);
        let state = by_name.or_else(by_word).ok_or_else(|| {
            let names: Vec<_> = State::ALL.iter().map(|state| state.name().to_lowercase()).collect();
            format!("not a state; there are: {}, connected", names.join(", "))
        })?;
        Ok(Self(vec![state]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_every_spelling() {
        let table = [
            ("time-wait", State::TimeWait),
            ("TIME_WAIT", State::TimeWait),
            ("FIN-WAIT-1", State::FinWait1),
            ("fin_wait1", State::FinWait1),
            ("syn-recv", State::SynReceived),
            ("syn-received", State::SynReceived),
            ("estab", State::Established),
            ("close", State::Closed),
            ("unconn", State::Closed),
            ("listening", State::Listen),
        ];
        for (text, state) in table {
            assert_eq!(text.parse(), Ok(States(vec![state])), "{text}");
        }
        assert_eq!("connected".parse::<States>().unwrap().0.len(), State::ALL.len() - 2);
        assert!("open".parse::<States>().unwrap_err().contains("time-wait"));
    }
}
