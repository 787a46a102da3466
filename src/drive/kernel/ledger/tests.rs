//! Records of a server and its children, and what they come to.

use super::*;
use crate::drive::kernel::Told;
use crate::drive::kernel::existing::Existing;
use crate::sys::sockdiag::KernelState;

const SERVER: &str = "192.0.2.2:7";
const CLIENT: &str = "192.0.2.1:40000";
/// The server's listening socket, and that of the connection.
const LISTENER: u64 = 0x1000;
const CHILD: u64 = 0x2000;
/// Not a thread: a process of its own.
const FORK: u64 = 0;

/// A ledger, and a clock that goes on with every record.
struct Book {
    ledger: Ledger,
    now: i64,
    /// The thread that runs.
    task: u32,
}

impl Book {
    fn new() -> Self {
        let tasks = Tasks::of(&[std::process::id()]);
        let task = tasks.numbers()[0];
        Self { ledger: Ledger::new(tasks), now: 0, task }
    }

    fn by(&mut self, task: u32, what: What) -> &mut Self {
        self.now += 1;
        self.ledger.record(&Record { time: Time::from_nanos(self.now), task, what }, &Reasons::default());
        self
    }

    fn calls(&mut self, call: &'static str, arguments: [u64; 3], result: i64) -> &mut Self {
        self.calls_as(self.task, call, arguments, result)
    }

    fn calls_as(&mut self, task: u32, call: &'static str, [a, b, c]: [u64; 3], result: i64) -> &mut Self {
        self.by(task, What::Entered { call, arguments: [a, b, c, 0, 0, 0] });
        self.by(task, What::Returned { call, result })
    }

    fn state(&mut self, task: u32, socket: u64, ends: Ends, states: [State; 2]) -> &mut Self {
        let [old, new] = states.map(|state| KernelState(number(state)));
        self.by(task, What::State { socket, ends, old, new })
    }

    /// socket(), bind() and listen(), on descriptor 3.
    fn listens(&mut self) -> &mut Self {
        let stream = libc::SOCK_STREAM as u64;
        self.calls("socket", [libc::AF_INET as u64, stream, 0], 3).calls("bind", [3, 0, 0], 0);
        self.by(self.task, What::Entered { call: "listen", arguments: [3, 5, 0, 0, 0, 0] });
        let nobody = "0.0.0.0:0".parse().unwrap();
        let ends = Ends { local: SERVER.parse().unwrap(), remote: nobody };
        self.state(self.task, LISTENER, ends, [State::Closed, State::Listen]);
        self.by(self.task, What::Returned { call: "listen", result: 0 })
    }

    /// A handshake, while a stranger runs.
    fn connected(&mut self) -> &mut Self {
        let ends = ends();
        let early = Ends { remote: "192.0.2.1:0".parse().unwrap(), ..ends };
        self.state(1, CHILD, early, [State::Listen, State::SynReceived]);
        self.state(1, CHILD, ends, [State::SynReceived, State::Established])
    }

    /// What was told, in words: whether of the listener or of the connection, and what.
    fn told(&mut self) -> Vec<String> {
        self.ledger.take().iter().map(words).collect()
    }
}

fn ends() -> Ends {
    Ends { local: SERVER.parse().unwrap(), remote: CLIENT.parse().unwrap() }
}

fn number(state: State) -> u8 {
    (0..12).find(|number| State::from_kernel(*number) == Some(state)).unwrap()
}

fn words(told: &Told) -> String {
    let whose = match told.remote {
        _ if told.local.port() == 0 => "nothing",
        Some(_) => "connection",
        None => "listener",
    };
    let what = match told.kind {
        KernelKind::Called(call) => format!("{}(", call.call),
        KernelKind::Returned { call, result, .. } => format!("{}={result}", call.call),
        KernelKind::State { new, .. } => format!(">{}", new.kernel_name()),
        KernelKind::Dropped { reason } => format!("drop:{}", reason.to_text()),
        other => format!("{other:?}"),
    };
    format!("{whose} {what}")
}

#[test]
fn calls_before_a_socket_is_known_are_told_when_it_is() {
    let mut book = Book::new();
    let expected = ["socket(", "socket=3", "bind(", "bind=0", "listen(", ">LISTEN", "listen=0"];
    assert_eq!(book.listens().told(), expected.map(|words| format!("listener {words}")));
}

#[test]
fn calls_that_fail_before_there_is_a_connection_are_told_apart() {
    let stream = libc::SOCK_STREAM as u64;
    let inet = libc::AF_INET as u64;
    let mut book = Book::new();
    let in_use = -i64::from(libc::EADDRINUSE);
    book.calls("socket", [inet, stream, 0], 3).calls("bind", [3, 0, 0], in_use);
    assert_eq!(book.told(), [""; 0]);
    let expected = ["socket(", "socket=3", "bind(", "bind=-98", "close(", "close=0"];
    assert_eq!(book.calls("close", [3, 0, 0], 0).told(), expected.map(|words| format!("nothing {words}")));
    // What was closed unused has not failed, nor what waits.
    let in_progress = -i64::from(libc::EINPROGRESS);
    book.calls("socket", [inet, stream, 0], 3).calls("close", [3, 0, 0], 0);
    book.calls("socket", [inet, stream, 0], 3).calls("connect", [3, 0, 0], in_progress).calls("close", [3, 0, 0], 0);
    assert_eq!(book.told(), [""; 0]);
    // Who ends closes.
    let (task, child) = (book.task, 4_194_300);
    book.by(task, What::Born { task: child, name: *b"child\0\0\0\0\0\0\0\0\0\0\0", flags: FORK });
    book.calls_as(child, "socket", [inet, stream, 0], 3);
    let unreachable = -i64::from(libc::ENETUNREACH);
    book.calls_as(child, "connect", [3, 0, 0], unreachable).by(child, What::Exited);
    assert_eq!(book.told(), ["nothing socket(", "nothing socket=3", "nothing connect(", "nothing connect=-101"]);
}

#[test]
fn what_accept_returns_is_the_connection_that_was_seen() {
    let mut book = Book::new();
    book.listens().told();
    book.ledger.watch(ends().remote, ends().local);
    book.connected().calls("accept4", [3, 0, 0], 4).calls("close", [4, 0, 0], 0);
    let expected = [">SYN_RECV", ">ESTABLISHED", "accept4(", "accept4=4", "close(", "close=0"];
    assert_eq!(book.told(), expected.map(|words| format!("connection {words}")));
    // The descriptor is free for something else.
    assert_eq!(book.calls("read", [4, 0, 0], 1).told(), [""; 0]);
}

#[test]
fn a_connection_of_another_network_is_not_what_accept_returned() {
    let mut book = Book::new();
    book.listens().told();
    book.connected().calls("accept4", [3, 0, 0], 4).calls("close", [4, 0, 0], 0);
    assert_eq!(book.told(), ["connection >SYN_RECV", "connection >ESTABLISHED"]);
}

#[test]
fn nothing_is_lost_of_a_connection_that_is_seen_after_its_descriptor_is_closed() {
    let mut book = Book::new();
    book.listens().told();
    let (task, child) = (book.task, 4_194_300);
    book.connected().calls("accept4", [3, 0, 0], 4);
    book.by(task, What::Born { task: child, name: *b"child\0\0\0\0\0\0\0\0\0\0\0", flags: FORK });
    book.calls("close", [4, 0, 0], 0).calls_as(child, "recvfrom", [4, 0, 5], 5);
    assert_eq!(book.told(), ["connection >SYN_RECV", "connection >ESTABLISHED"]);
    book.ledger.watch(ends().remote, ends().local);
    let expected = ["accept4(", "accept4=4", "close(", "close=0", "recvfrom(", "recvfrom=5"];
    assert_eq!(book.told(), expected.map(|words| format!("connection {words}")));
    assert_eq!(book.calls_as(child, "close", [4, 0, 0], 0).told(), ["connection close(", "connection close=0"]);
}

#[test]
fn a_connection_that_is_never_seen_is_known_by_what_moves_through_it() {
    let mut book = Book::new();
    book.listens().told();
    book.connected().calls("accept4", [3, 0, 0], 4).told();
    let task = book.task;
    book.by(task, What::Entered { call: "recvfrom", arguments: [4, 0, 0, 0, 0, 0] });
    book.by(task, What::Used { socket: CHILD }).by(task, What::Returned { call: "recvfrom", result: 5 });
    let expected = ["accept4(", "accept4=4", "recvfrom(", "recvfrom=5"];
    assert_eq!(book.told(), expected.map(|words| format!("connection {words}")));
}

#[test]
fn a_server_that_was_there_before_accepts_in_the_order_of_its_queue() {
    let mut book = Book::new();
    let listening = Ends { local: SERVER.parse().unwrap(), remote: "0.0.0.0:0".parse().unwrap() };
    let process = std::process::id();
    book.ledger.adopt(&[Existing { process, descriptor: 3, ends: listening, listens: true }]);
    let task = book.task;
    book.ledger.waits(Time::from_nanos(0), task, "accept4", &[3, 0, 0, 0, 0, 0]);
    // One that nobody has seen comes first.
    let other = Ends { remote: "192.0.2.9:1".parse().unwrap(), ..ends() };
    book.state(1, 0x3000, other, [State::Listen, State::SynReceived]);
    book.state(1, 0x3000, other, [State::SynReceived, State::Established]);
    book.connected().by(task, What::Returned { call: "accept4", result: 4 });
    book.calls("accept4", [3, 0, 0], 5);
    let of = |told: &Told| told.remote == Some(CLIENT.parse().unwrap());
    let told: Vec<String> = book.ledger.take().iter().filter(|told| of(told)).map(words).collect();
    let expected = [">SYN_RECV", ">ESTABLISHED", "accept4(", "accept4=5"];
    assert_eq!(told, expected.map(|words| format!("connection {words}")));
}

#[test]
fn who_waits_in_accept_is_told_to_wait() {
    let mut book = Book::new();
    book.listens().told();
    let task = book.task;
    assert_eq!(
        book.by(task, What::Entered { call: "accept4", arguments: [3, 0, 0, 0, 0, 0] }).told(),
        ["listener accept4("]
    );
    book.ledger.watch(ends().local, ends().remote);
    book.connected().by(task, What::Returned { call: "accept4", result: 4 });
    assert_eq!(book.told(), ["connection >SYN_RECV", "connection >ESTABLISHED", "connection accept4=4"]);
}

#[test]
fn a_child_has_the_descriptors_of_its_parent_until_it_is_another_program() {
    let mut book = Book::new();
    book.ledger.watch(ends().local, ends().remote);
    book.listens().connected().calls("accept4", [3, 0, 0], 4).told();
    let (task, child) = (book.task, 4_194_300);
    book.by(task, What::Born { task: child, name: *b"child\0\0\0\0\0\0\0\0\0\0\0", flags: FORK });
    assert_eq!(book.calls("close", [4, 0, 0], 0).told(), ["connection close(", "connection close=0"]);
    let sent = book.calls_as(child, "sendto", [4, 0, 5], 5).told();
    assert_eq!(sent, ["connection sendto(", "connection sendto=5"]);
    // socat marks what accept() returned, and has it twice more as what its program reads and writes.
    book.calls_as(child, "fcntl", [4, libc::F_SETFD as u64, 1], 0);
    assert_eq!(book.calls_as(child, "dup2", [4, 0, 0], 0).told(), ["connection dup2(", "connection dup2=0"]);
    assert_eq!(book.by(child, What::Executed).calls_as(child, "read", [4, 0, 5], 5).told(), [""; 0]);
    assert_eq!(book.calls_as(child, "read", [0, 0, 5], 5).told(), ["connection read(", "connection read=5"]);
    // It is the socket all the same, if octets go through it.
    book.by(child, What::Entered { call: "write", arguments: [4, 0, 0, 0, 0, 0] })
        .by(child, What::Used { socket: CHILD });
    assert_eq!(
        book.by(child, What::Returned { call: "write", result: 7 }).told(),
        ["connection write(", "connection write=7"]
    );
}

#[test]
fn a_drop_is_of_the_socket_or_of_who_sent_the_packet() {
    let mut book = Book::new();
    book.listens().connected().told();
    book.by(1, What::Dropped { packet: 9, socket: CHILD, reason: 33 });
    book.by(1, What::Dropped { packet: 9, socket: LISTENER, reason: 40 });
    book.by(1, What::Named { packet: 9, ends: ends() }).by(1, What::Dropped { packet: 9, socket: 0, reason: 10 });
    book.by(1, What::Dropped { packet: 9, socket: 0, reason: 10 });
    assert_eq!(book.told(), ["connection drop:33", "listener drop:40", "connection drop:10"]);
}

#[test]
fn a_socket_that_a_stranger_lets_listen_is_not_ours() {
    let mut book = Book::new();
    let local = Ends { local: SERVER.parse().unwrap(), remote: "0.0.0.0:0".parse().unwrap() };
    book.state(1, LISTENER, local, [State::Closed, State::Listen]);
    book.state(1, LISTENER, local, [State::Listen, State::Closed]);
    assert_eq!(book.told(), [""; 0]);
}

#[test]
fn sockets_whose_end_was_lost_make_room_for_others() {
    let mut book = Book::new();
    book.listens();
    let ends = |number: u64| Ends {
        local: SERVER.parse().unwrap(),
        remote: SocketAddr::new([192, 0, 2, 1].into(), 1 + u16::try_from(number % 60_000).unwrap()),
    };
    for number in 0..150_000 {
        let socket = CHILD + number;
        book.state(1, socket, ends(number), [State::Listen, State::SynReceived]);
        book.state(1, socket, ends(number), [State::SynReceived, State::Established]);
        book.told();
    }
    let last = CHILD + 149_999;
    book.state(1, last, ends(149_999), [State::Established, State::CloseWait]);
    assert_eq!(book.told(), ["connection >CLOSE_WAIT"], "the newest is known");
    book.state(1, CHILD, ends(0), [State::Established, State::CloseWait]);
    assert_eq!(book.told(), ["connection >CLOSE_WAIT"], "one that was forgotten is met again");
    let nobody = Ends { local: SERVER.parse().unwrap(), remote: "0.0.0.0:0".parse().unwrap() };
    book.state(1, LISTENER, nobody, [State::Listen, State::Closed]);
    assert_eq!(book.told(), ["listener >CLOSE"], "who listens is never forgotten");
}

#[test]
fn a_call_that_freed_its_socket_returns_for_that_one_though_another_is_in_its_place() {
    let mut book = Book::new();
    book.ledger.watch(ends().local, ends().remote);
    book.listens().connected().calls("accept4", [3, 0, 0], 4).told();
    let task = book.task;
    book.by(task, What::Entered { call: "close", arguments: [4, 0, 0, 0, 0, 0] });
    book.by(task, What::Destroyed { socket: CHILD, ends: ends() });
    let other = Ends { remote: "192.0.2.9:1".parse().unwrap(), ..ends() };
    book.state(1, CHILD, other, [State::Listen, State::SynReceived]);
    book.by(task, What::Returned { call: "close", result: 0 });
    let of = |told: Told, remote: SocketAddr| (told.remote == Some(remote)).then(|| words(&told));
    let told = book.ledger.take();
    let [first, second]: [Vec<String>; 2] =
        [ends(), other].map(|ends| told.iter().filter_map(|told| of(*told, ends.remote)).collect());
    assert_eq!(first, ["connection close(", "connection close=0"]);
    assert_eq!(second, ["connection >SYN_RECV"]);
}

#[test]
fn a_call_that_freed_its_socket_is_told_to_have_returned_though_it_was_read_of_before() {
    for is_seen_late in [false, true] {
        let mut book = Book::new();
        book.listens();
        if !is_seen_late {
            book.ledger.watch(ends().local, ends().remote);
        }
        book.connected().calls("accept4", [3, 0, 0], 4).told();
        book.ledger.watch(ends().local, ends().remote);
        let task = book.task;
        book.by(task, What::Entered { call: "close", arguments: [4, 0, 0, 0, 0, 0] });
        let told = book.by(task, What::Destroyed { socket: CHILD, ends: ends() }).told();
        assert_eq!(told.last().map(String::as_str), Some("connection close("));
        let told = book.by(task, What::Returned { call: "close", result: 0 }).told();
        assert_eq!(told, ["connection close=0"], "{is_seen_late}");
        book.told();
        assert_eq!(book.ledger.sockets.count(), 1, "nothing but the listening socket is kept");
    }
}

#[test]
fn a_socket_that_could_not_connect_and_tries_again_keeps_its_descriptor() {
    let mut book = Book::new();
    let stream = libc::SOCK_STREAM as u64;
    let task = book.task;
    book.calls("socket", [libc::AF_INET as u64, stream, 0], 3);
    let own = ends().reversed();
    for _ in 0..2 {
        book.by(task, What::Entered { call: "connect", arguments: [3, 0, 0, 0, 0, 0] });
        book.state(task, CHILD, own, [State::Closed, State::SynSent]);
        book.state(task, CHILD, own, [State::SynSent, State::Closed]);
        book.by(task, What::Returned { call: "connect", result: -111 });
    }
    let told = book.told();
    let returned = told.iter().filter(|words| words.contains("connect=")).count();
    assert_eq!(returned, 2, "{told:?}");
}

/// A server that has accepted a connection as descriptor 4.
fn serving() -> Book {
    let mut book = Book::new();
    book.ledger.watch(ends().local, ends().remote);
    book.listens().connected().calls("accept4", [3, 0, 0], 4).told();
    book
}

#[test]
fn a_number_that_is_given_to_something_else_is_not_the_connection_any_more() {
    let mut book = serving();
    // Descriptor 9 is a file: dup2() closes what stood at 4.
    assert_eq!(book.calls("dup2", [9, 4, 0], 4).told(), ["connection dup2(", "connection dup2=4"]);
    assert_eq!(book.calls("write", [4, 0, 5], 5).told(), [""; 0]);
    // One that fails changes nothing.
    let mut book = serving();
    book.calls("dup2", [9, 4, 0], -9).told();
    assert_eq!(book.calls("read", [4, 0, 5], 5).told(), ["connection read(", "connection read=5"]);
}

#[test]
fn what_was_called_before_is_told_once_though_the_socket_has_two_numbers() {
    let mut book = Book::new();
    let (task, stream, inet) = (book.task, libc::SOCK_STREAM as u64, libc::AF_INET as u64);
    book.calls("socket", [inet, stream, 0], 3).calls("fcntl", [3, libc::F_DUPFD as u64, 10], 10);
    let own = ends().reversed();
    for number in [10, 3] {
        book.by(task, What::Entered { call: "connect", arguments: [number, 0, 0, 0, 0, 0] });
        book.state(task, CHILD, own, [State::Closed, State::SynSent]);
        book.by(task, What::Returned { call: "connect", result: -115 });
    }
    let told = book.told();
    let times = |words: &str| told.iter().filter(|told| told.ends_with(words)).count();
    assert_eq!((times("socket=3"), times("fcntl=10"), times("connect=-115")), (1, 1, 2), "{told:?}");
}

#[test]
fn a_range_that_is_closed_is_closed_for_each_that_is_in_it() {
    let mut book = serving();
    let last = u64::from(u32::MAX);
    let (cloexec, dup) = (u64::from(libc::CLOSE_RANGE_CLOEXEC), "connection dup");
    book.calls("dup", [4, 0, 0], 5);
    assert_eq!(book.told(), [format!("{dup}("), format!("{dup}=5")]);
    assert_eq!(book.calls("close_range", [4, last, cloexec], 0).told(), [""; 0], "nothing is closed yet");
    let told = book.calls("close_range", [4, last, 0], 0).told();
    assert_eq!(
        told,
        ["close_range(", "close_range(", "close_range=0", "close_range=0"].map(|it| format!("connection {it}"))
    );
    assert_eq!(book.calls("read", [5, 0, 0], 1).calls("read", [4, 0, 0], 1).told(), [""; 0]);
}

#[test]
fn what_is_left_of_descriptors_in_another_program_is_known_by_their_marks() {
    let (set, dup) = (libc::F_SETFD as u64, libc::F_DUPFD_CLOEXEC as u64);
    let [fioclex, fionclex] = [0x5451, 0x5450];
    type Made = (&'static str, [u64; 3], i64);
    let rows: [(&[Made], u64, bool); 7] = [
        (&[], 4, true),
        (&[("fcntl", [4, set, 1], 0)], 4, false),
        (&[("fcntl", [4, set, 1], 0), ("fcntl", [4, set, 0], 0)], 4, true),
        (&[("fcntl", [4, set, 1], -9)], 4, true),
        (&[("fcntl", [4, dup, 0], 7)], 7, false),
        (&[("ioctl", [4, fioclex, 0], 0)], 4, false),
        (&[("ioctl", [4, fioclex, 0], 0), ("ioctl", [4, fionclex, 0], 0)], 4, true),
    ];
    for (calls, descriptor, stays) in rows {
        let mut book = serving();
        for (call, arguments, result) in calls {
            book.calls(call, *arguments, *result);
        }
        let task = book.task;
        book.by(task, What::Executed).told();
        let told = book.calls("close", [descriptor, 0, 0], 0).told();
        let expected: &[&str] = if stays { &["connection close(", "connection close=0"] } else { &[] };
        assert_eq!(told, expected, "{calls:?}, then {descriptor}");
    }
}

fn routed(from: &str, to: &str) -> What {
    What::Routed { ends: Ends { local: from.parse().unwrap(), remote: to.parse().unwrap() } }
}

#[test]
fn datagram_sockets_are_told_by_the_ways_that_are_looked_up_for_them() {
    let mut book = Book::new();
    let (task, inet, datagrams) = (book.task, libc::AF_INET as u64, libc::SOCK_DGRAM as u64);
    book.calls("socket", [inet, datagrams, 0], 3).calls("close", [3, 0, 0], 0);
    assert_eq!(book.ledger.take_datagrams(true), [], "nobody wanted them");
    book.ledger.want_datagrams();
    book.calls("socket", [inet, datagrams, 0], 3).calls("dup", [3, 0, 0], 4);
    book.by(task, What::Entered { call: "connect", arguments: [4, 0, 0, 0, 0, 0] });
    book.by(task, routed("0.0.0.0:4000", SERVER)).by(task, routed("192.0.2.1:4000", SERVER));
    book.by(task, What::Returned { call: "connect", result: 0 });
    // The way of the kernel's own answer to what is sent is not that of the socket.
    book.by(task, What::Entered { call: "write", arguments: [3, 0, 0, 0, 0, 0] });
    book.by(task, routed(SERVER, "192.0.2.1:4000")).by(task, What::Returned { call: "write", result: 5 });
    book.by(task, What::Entered { call: "read", arguments: [3, 0, 0, 0, 0, 0] });
    let told = book.ledger.take_datagrams(true);
    let names: Vec<_> = told.iter().map(|it| (it.call.call, it.returned.is_some(), it.ends.is_some())).collect();
    let expected = [("socket", true, false), ("dup", true, false), ("connect", true, true), ("write", true, true)];
    assert_eq!(names, [&expected[..], &[("read", false, true)]].concat());
    let way = Ends { local: "0.0.0.0:4000".parse().unwrap(), remote: SERVER.parse().unwrap() };
    assert!(told.iter().all(|it| it.socket == told[0].socket && it.ends.is_none_or(|ends| ends == way)), "{told:?}");
    assert_eq!(book.told(), [""; 0], "a datagram socket is of no connection");
}
