//! `--file SCRIPT`: a series of lines, with what is to come back between them.

mod report;
mod statement;
pub(super) mod words;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};

use super::args::Args;
use super::plan::{self, Origin};
use super::report::{Report, Screen, by_hand};
use crate::cmd::capture::CaptureFile;
use crate::cmd::give_up::give_up;
use crate::cmd::host::visible;
use crate::cmd::kernel::beside;
use crate::cmd::show::{ByLine, Show};
use crate::cmd::stage::Stage;
use crate::cmd::target::Target;
use crate::cmd::{Exit, Streams, payload};
use crate::craft::packet::{PacketSpec, Transport, build};
use crate::craft::script::{Action, Line, Run, Template};
use crate::drive::probe::Ended;
use crate::drive::{self, LiveWire};
use crate::lab::{self, Server};
use crate::ladder::Settings;
use crate::sink::{self, Sink};
use crate::sys::confine::Needs;
use crate::sys::{RawSender, Version};
use statement::{LineArgs, Says, Statement};

/// Whether a text can be read as a script.
///
/// # Errors
/// The first line that is wrong, and why.
pub(super) fn check(text: &str) -> Result<(), String> {
    statement::parse(text, std::time::Duration::ZERO).map(drop).map_err(|error| error.to_string())
}

/// A script.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Script")]
pub(super) struct ScriptArgs {
    /// Send what the lines of this file say and check what comes back, like a test; - for standard input
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = ELSEWHERE.iter().chain(&SERIES))]
    pub(super) file: Option<PathBuf>,
}

/// What lines say, and what does not go together with them.
const ELSEWHERE: [&str; 39] = [
    "flags",
    "syn",
    "ack_flag",
    "fin",
    "rst",
    "psh",
    "urg",
    "ece",
    "cwr",
    "seq",
    "ack",
    "window",
    "urgent",
    "data_offset",
    "reserved",
    "options",
    "tcp",
    "udp",
    "icmp",
    "icmp_code",
    "icmp_echo",
    "ttl",
    "tos",
    "id",
    "df",
    "mf",
    "frag_offset",
    "fragment",
    "flow_label",
    "ip_opt",
    "payload",
    "payload_hex",
    "payload_file",
    "payload_random",
    "bad_checksum",
    "bad_ip_checksum",
    "bad_length",
    "from",
    "show_equivalent",
];

/// One line sends one packet.
const SERIES: [&str; 8] = ["sweep", "traceroute", "fast", "faster", "keep", "count", "interval", "rate"];

/// A script, read and found to be right.
struct Script {
    /// The name of its file, fit to be shown.
    name: String,
    statements: Vec<Statement>,
}

/// Runs `rawshake send --file`.
pub(super) fn run(args: &Args, path: &Path, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let ports = args.series.ports.as_ref();
    ensure!(
        ports.is_none_or(|ports| ports.list.len() == 1 && !ports.step),
        "with --file, --ports takes one port; a line of the script may name another"
    );
    let mut script = Script::read(path, args.series.timeout)?;
    let written = plan::written(args, lab::SERVER.name)?;
    let kernel = args.kernel.before(args.lab.lab, streams.err)?;
    let stage = Stage::enter(&args.lab, &written, Server::Http)?;
    // Before anything is looked up: without this privilege the rest is in vain.
    drop(RawSender::open(Version::V4, None)?);
    let target = Target::find(&written, stage.port, &plan::way(args), args.lab.lab)?;
    plan::check_spoof(args, &target)?;
    let origin = plan::origin(args, &target, true)?;
    let lines = script.lines(&target, &origin)?;
    if args.output.verbose > 0 {
        super::introduce(&target, origin.source, origin.guards.is_some(), &stage, streams.err)?;
    }
    let settings = super::settings(args, SocketAddr::new(origin.source, origin.port));
    let mut run = Run::new(lines.clone(), origin.source, target.remote.ip());
    let mut sink = sink::open(args.output.format, &settings, Box::new(ByLine(&mut *streams.out)));
    let kernel = args.kernel.at(kernel, stage.lab.as_ref(), &target, streams.err)?;
    sink = beside(kernel, args.output.format, sink);
    let opened = Opened::open(args, &target, origin, &lines)?;
    give_up(Needs::default(), args.output.verbose, streams.err)?;
    let (ended, octets) = play(args, (&settings, sink), opened, &mut run)?;
    streams.out.write_all(octets.as_bytes())?;
    report::conclude(
        &report::Setting { args, settings: &settings, target: &target, script: &script },
        &run,
        &ended,
        streams,
    )
}

impl Script {
    fn read(path: &Path, patience: std::time::Duration) -> anyhow::Result<Self> {
        let name = visible(&path.display().to_string());
        let octets = payload::read(path)?;
        let text = String::from_utf8(octets).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.iter().filter(|octet| **octet == b'\n').count() + 1;
            anyhow!("{name}:{line}: this is no text in UTF-8; --payload-hex takes any octets")
        })?;
        let statements = statement::parse(&text, patience).map_err(|error| anyhow!("{name}:{error}"))?;
        ensure!(!statements.is_empty(), "{name}: no line says anything");
        Ok(Self { name, statements })
    }

    /// What the lines do between these two ends.
    fn lines(&mut self, target: &Target, origin: &Origin) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        for Statement { number, says, .. } in &mut self.statements {
            let action = match says {
                Says::Expect(expectation) => Action::Expect(expectation.clone()),
                Says::Maybe(expectation) => Action::Maybe(expectation.clone()),
                Says::Wait(time) => Action::Wait(*time),
                Says::Send(args) => {
                    let template = template(args, target, origin);
                    Action::Send(Box::new(template.with_context(|| format!("{}:{number}", self.name))?))
                }
            };
            lines.push(Line { number: *number, action });
        }
        Ok(lines)
    }
}

/// The packet of a line. Numbers that nobody named are filled in when it is sent.
fn template(args: &mut LineArgs, target: &Target, origin: &Origin) -> anyhow::Result<Template> {
    let (seq, ack) = (args.packet.tcp.seq.take(), args.packet.tcp.ack.take());
    let mut target = target.clone();
    plan::check(&args.packet, target.remote.ip())?;
    if let Some(port) = args.port {
        target.remote.set_port(port);
    }
    let spec = plan::spec(&args.packet, origin.source, &target, args.source_port.unwrap_or(origin.port), None)?;
    // Values without room in their fields are told before anything is sent.
    build(&spec)?;
    Ok(Template { spec, seq, ack })
}

/// What a run needs, and privileges to open.
struct Opened {
    wire: LiveWire,
    pcap: Option<CaptureFile>,
    origin: Origin,
}

impl Opened {
    fn open(args: &Args, target: &Target, mut origin: Origin, lines: &[Line]) -> anyhow::Result<Self> {
        let remote = target.remote.ip();
        let mut wire = LiveWire::between(&target.route, origin.source, remote)?;
        let sent = || {
            lines.iter().filter_map(|line| match &line.action {
                Action::Send(template) => Some(&template.spec),
                Action::Expect(_) | Action::Maybe(_) | Action::Wait(_) => None,
            })
        };
        if sent().any(|spec| spec.ip.is_corrected(remote.is_ipv4())) {
            wire = wire.by_frames(&target.route)?;
        }
        let pcap = args.capture.create()?;
        let port = |spec: &PacketSpec| match &spec.transport {
            Transport::Tcp(tcp) => Some(tcp.source_port),
            Transport::Udp(_) | Transport::Icmp(_) => None,
        };
        if let Some(guards) = &mut origin.guards {
            guards.prepare(origin.source, sent().filter_map(port), 0)?;
        }
        Ok(Self { wire, pcap, origin })
    }
}

/// The run itself, shown while it goes on.
fn play(
    args: &Args,
    (settings, sink): (&Settings, Box<dyn Sink + '_>),
    Opened { mut wire, pcap, origin }: Opened,
    run: &mut Run,
) -> anyhow::Result<(Ended, String)> {
    let show = Show::new(by_hand((origin.source, origin.port).into()), sink, pcap, None).with_exchanges();
    let screen = Screen::new(show, super::hex(args, settings));
    let mut report = Report::new(screen, origin.source, origin.guards, None);
    let ended = drive::probe::run(run, &mut wire, &mut report);
    // What was seen is shown in any case.
    let shown = report.finish();
    let ended = ended?;
    Ok((ended, shown?.1))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn whatever_a_line_can_say_is_said_there_only() {
        let command = LineArgs::command();
        let ids = command.get_arguments().map(|argument| argument.get_id().as_str());
        let missing: Vec<_> =
            ids.filter(|id| !["port", "source_port"].contains(id) && !ELSEWHERE.contains(id)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
