//! The ladder as it looks.

use super::fixture::*;
use super::{Builder, Settings, layout};
use crate::tcp::State;
use crate::trace::{Event, Handshake, Termination};

const CLIENT: &str = "192.0.2.1:40123";
const SERVER: &str = "192.0.2.2:80";

fn settings(width: usize) -> Settings {
    Settings { width, ours: Some(CLIENT.parse().unwrap()), ..Settings::default() }
}

fn text(events: &[Event], settings: &Settings) -> String {
    let mut builder = Builder::new(settings);
    events.iter().for_each(|event| builder.push(event));
    let lines: Vec<_> = layout(&builder.finish(), settings).iter().map(super::Line::plain).collect();
    lines.join("\n")
}

fn whole() -> Vec<Event> {
    let mut script = Script::new(CLIENT, SERVER);
    script.handshake().data(micros(40), Client, b"hello").ack(micros(29), Server).four_segments();
    script.end(|_| ())
}

fn refused() -> Vec<Event> {
    let mut script = Script::new(CLIENT, "192.0.2.2:81");
    script
        .segment(micros(0), Client, SYN, 0, [Some(State::SynSent), Some(State::SynReceived)], |segment| {
            segment.options = linux();
            segment.calls[0] = Some(call(Client, crate::tcp::Call::Connect));
        })
        .segment(micros(31), Server, RST_ACK, 0, [Some(State::Closed), Some(State::Closed)], |_| ());
    script.end(|summary| {
        summary.handshake = Handshake::Refused;
        summary.termination = Termination::Reset;
        summary.reset_by = Some(Server);
    })
}

#[test]
fn show() {
    for width in [80, 120, 60, 40] {
        eprintln!("{}\n\n{}\n\n", text(&whole(), &settings(width)), text(&refused(), &settings(width)));
    }
}
