//! A lab with connections in it, captured on both hosts.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rawshake::lab::{self, Host, Lab, Options, Server};
use rawshake::source::{Live, LiveOptions, Stored};
use rawshake::sys::sockdiag::{self, TcpSocket};
use rawshake::sys::{link, poll, random};
use rawshake::tcp::State;
use rawshake::trace::{Pair, Side};

use super::modes::{Far, MODES, Mode, play};

/// A lab to be run.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) wire: Option<&'static str>,
    /// Connections of each mode.
    pub(crate) each: usize,
    /// Connections at a time.
    pub(crate) at_once: usize,
}

impl Plan {
    fn modes(&self) -> impl Iterator<Item = Mode> {
        let wired = self.wire.is_some();
        let modes = MODES.iter().copied().filter(move |mode| wired || *mode != Mode::SimultaneousOpen);
        modes.flat_map(move |mode| std::iter::repeat_n(mode, self.each))
    }
}

/// A connection that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) mode: Mode,
    pub(crate) sockets: Pair<SocketAddr>,
    /// The states at the end by sock_diag; CLOSED where the kernel knows of no connection.
    pub(crate) last: Pair<State>,
}

/// What is known of a lab afterwards.
pub(crate) struct Evidence {
    pub(crate) wire: Option<&'static str>,
    pub(crate) cases: Vec<Case>,
    /// What was not closed, so that it is not closed before the kernel's trace is read.
    pub(crate) _open: Vec<TcpStream>,
    /// Callers that missed each other.
    pub(crate) missed: usize,
    /// What the hosts' interfaces saw, in its order.
    pub(crate) seen: Pair<Vec<Stored>>,
}

/// Makes the connections of a plan. The calling thread must be one that may move into another namespace.
pub(crate) fn run(plan: Plan) -> Result<Evidence, lab::Error> {
    let wire = plan.wire.map(|text| text.parse().expect("a wire"));
    let lab = Lab::enter(&Options { server: Server::Refuses, wire, ..Options::default() })?;
    let addresses = settle_in(&lab);
    let (near, far) = (listen(lab::YOU), lab.on_server(|| listen(lab::SERVER))?);
    let (stop, stopped) = UnixStream::pair().expect("a pair of sockets");
    std::thread::scope(|scope| {
        let recorder = scope.spawn(|| record(Pair { client: near, server: far }, &stopped));
        let (cases, made) = connections(&lab, plan, &addresses);
        drop(stop);
        let seen = recorder.join().expect("the recorder");
        let missed = made.iter().filter(|made| made.is_err()).count();
        Ok(Evidence { wire: plan.wire, cases, _open: made.into_iter().flatten().flatten().collect(), missed, seen })
    })
}

/// Gives the hosts addresses that no other lab of this machine has, as the kernel's trace tells of all of them; returns
/// them. And keeps orphans in FIN-WAIT-2 sockets (see `sys::tracefs`).
fn settle_in(lab: &Lab) -> [Pair<IpAddr>; 2] {
    let number = random::u32().expect("a random number");
    let [a, b, c, d] = number.to_be_bytes();
    let v4 = |host| IpAddr::V4(Ipv4Addr::new(198, 18 | (a & 1), b, (c & 0xfc) | host));
    let word = |one, two| u16::from_be_bytes([one, two]);
    let v6 = |host| IpAddr::V6(Ipv6Addr::new(0xfd00 | u16::from(d), word(a, b), word(c, d), 0, 0, 0, 0, host));
    let all = [Pair { client: v4(1), server: v4(2) }, Pair { client: v6(1), server: v6(2) }];
    let furnish = move |own: Host, other: Host, side: Side| {
        for pair in all {
            link::add_address(own.name, pair[side], if pair[side].is_ipv4() { 30 } else { 64 }).expect("an address");
        }
        for pair in all {
            link::set_neighbour(own.name, pair[side.other()], other.mac).expect("a neighbour");
        }
        std::fs::write("/proc/sys/net/ipv4/tcp_fin_timeout", "120").expect("tcp_fin_timeout");
        // Where it exists (Linux 6.15): no long waiting where the wire loses one segment several times. Much less would
        // kill sockets that nobody holds: the kernel repeats their segments until the timeout is at its maximum.
        let _ = std::fs::write("/proc/sys/net/ipv4/tcp_rto_max_ms", "4000");
    };
    furnish(lab::YOU, lab::SERVER, Side::Client);
    lab.on_server(move || furnish(lab::SERVER, lab::YOU, Side::Server)).expect("the server's host");
    all
}

fn listen(host: Host) -> Live {
    let options = LiveOptions { buffer_size: 64 << 20, ..LiveOptions::default() };
    Live::open(host.name, Some("tcp"), options).expect("a live capture")
}

/// Keeps what both captures see until `stop` ends.
fn record(mut live: Pair<Live>, stop: &UnixStream) -> Pair<Vec<Stored>> {
    let mut seen = Pair::<Vec<Stored>>::default();
    loop {
        let fds = [live.client.as_fd(), live.server.as_fd(), stop.as_fd()];
        let over = poll::wait(&fds, None).expect("packets").contains(2);
        for side in Side::BOTH {
            while let Some(packet) = live[side].next().expect("a packet") {
                seen[side].push(packet.into());
            }
        }
        if over {
            Side::BOTH.into_iter().for_each(|side| assert_eq!(live[side].dropped().expect("statistics"), 0));
            return seen;
        }
    }
}

/// A connection to be made.
struct Job {
    mode: Mode,
    sockets: Pair<SocketAddr>,
    far: Mutex<Option<Far>>,
}

/// Makes all connections, waits until the kernels have done with them, and asks both for their states.
fn connections(lab: &Lab, plan: Plan, addresses: &[Pair<IpAddr>; 2]) -> (Vec<Case>, Vec<Made>) {
    let jobs: Vec<Job> = (10_000_u16..).zip(plan.modes()).map(|(port, mode)| job(lab, mode, port, addresses)).collect();
    let made = perform(&jobs, plan.at_once);
    let sockets = |index: usize| jobs[index].sockets;
    let settled: Vec<Pair<State>> = settle(lab, &(0..jobs.len()).map(sockets).collect::<Vec<_>>());
    let all = jobs.iter().zip(&made).zip(settled);
    let cases = all.filter(|((_, made), _)| made.is_ok());
    let cases: Vec<Case> = cases.map(|((job, _), last)| Case { mode: job.mode, sockets: job.sockets, last }).collect();
    (cases, made)
}

fn job(lab: &Lab, mode: Mode, port: u16, addresses: &[Pair<IpAddr>; 2]) -> Job {
    let pair = addresses[usize::from(port % 2)];
    let sockets =
        Pair { client: SocketAddr::new(pair.client, port), server: SocketAddr::new(pair.server, port + 20_000) };
    let far = lab.on_server(move || Far::prepare(mode, sockets.server)).expect("the server's host");
    Job { mode, sockets, far: Mutex::new(Some(far.expect("a socket on the server's host"))) }
}

/// What stays open of a connection, or why it did not come about.
type Made = io::Result<Vec<TcpStream>>;

fn perform(jobs: &[Job], at_once: usize) -> Vec<Made> {
    let next = AtomicUsize::new(0);
    let made: Vec<_> = jobs.iter().map(|_| Mutex::new(Ok(Vec::new()))).collect();
    std::thread::scope(|scope| {
        for _ in 0..at_once.min(jobs.len()) {
            scope.spawn(|| {
                while let Some(index) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|it| *it < jobs.len()) {
                    let Job { mode, sockets, far } = &jobs[index];
                    let far = far.lock().expect("a job").take().expect("a job for one");
                    let result = play(*mode, sockets.client, sockets.server, far);
                    assert!(result.is_ok() || *mode == Mode::SimultaneousOpen, "{mode:?} {sockets:?}: {result:?}");
                    *made[index].lock().expect("a result") = result;
                }
            });
        }
    });
    made.into_iter().map(|made| made.into_inner().expect("a result")).collect()
}

/// Asks both kernels until no segment is owed any more.
fn settle(lab: &Lab, all: &[Pair<SocketAddr>]) -> Vec<Pair<State>> {
    let mut before = Vec::new();
    loop {
        let near = ask(all, Side::Client);
        let copy = all.to_vec();
        let far = lab.on_server(move || ask(&copy, Side::Server)).expect("the server's host");
        let quiet = near.iter().chain(&far).flatten().all(is_quiet);
        let state = |socket: &Option<TcpSocket>| {
            socket.as_ref().map_or(State::Closed, |socket| State::from_kernel(socket.state.0).expect("a known state"))
        };
        let now: Vec<Pair<State>> =
            near.iter().zip(&far).map(|(near, far)| Pair { client: state(near), server: state(far) }).collect();
        if quiet && now == before {
            return now;
        }
        before = now;
        // Longer than a frame can be on its way, and than an acknowledgment can be put off.
        poll::wait(&[], Some(Duration::from_millis(400))).expect("time passes");
    }
}

fn ask(all: &[Pair<SocketAddr>], side: Side) -> Vec<Option<TcpSocket>> {
    let own = |sockets: &Pair<SocketAddr>| sockdiag::tcp_socket(sockets[side], sockets[side.other()]);
    all.iter().map(|sockets| own(sockets).expect("sock_diag")).collect()
}

/// Whether the kernel neither waits for an answer nor has anything to send again.
fn is_quiet(socket: &TcpSocket) -> bool {
    match State::from_kernel(socket.state.0) {
        Some(State::TimeWait) => true,
        Some(State::Established | State::CloseWait | State::FinWait2) => socket.send_queue == 0,
        _ => false,
    }
}
