//! `make bench`: connections a second, made by hand and by the kernel; and SYN probes a second, beside hping3 and nping.
//!
//! Every contender has a lab of its own, so that nobody finds the ports that another has used, and the same server: a
//! kernel's, with one thread that accepts, reads to the end and closes. They take turns, and the best turn of each
//! counts. The time is that of the whole process; the kernel's loop needs none. Processor time is that of the program,
//! not of the server, in both modes.

use std::io::{self, ErrorKind, Read as _, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rawshake::lab::{Lab, Options, SERVER, Server};
use rawshake::sys::Version;
use socket2::{Domain, Socket, Type};

const CONNECTIONS: u32 = 10_000;
const PROBES: &str = "10000";
const TURNS: usize = 3;
/// Where the server listens, and where nothing does.
const OPEN: u16 = 9000;
const CLOSED: &str = "81";
const HOST: &str = "192.0.2.2";
const OWN: &str = env!("CARGO_BIN_EXE_rawshake");

/// Makes connections or probes in a lab; gives how many succeeded.
type Act = fn() -> io::Result<u32>;

/// What a turn gave.
#[derive(Clone, Copy)]
struct Turn {
    succeeded: u32,
    took: Duration,
    /// Microseconds of processor time.
    processor: i64,
}

impl Turn {
    const NONE: Self = Self { succeeded: 0, took: Duration::MAX, processor: 0 };

    fn rate(&self) -> f64 {
        f64::from(self.succeeded) / self.took.as_secs_f64()
    }

    fn processor_each(&self) -> f64 {
        self.processor as f64 / f64::from(self.succeeded.max(1))
    }
}

struct Contender {
    name: &'static str,
    act: Act,
}

const MAKERS: [Contender; 4] = [
    Contender { name: "kernel: connect() and close() in a loop", act: kernel_loop },
    Contender { name: "rawshake trace --count, 1 at once", act: || rawshake("1") },
    Contender { name: "rawshake trace --count, 16 at once", act: || rawshake("16") },
    Contender { name: "rawshake trace --count, 256 at once", act: || rawshake("256") },
];

const PROBERS: [Contender; 3] = [
    Contender { name: "hping3 -S -i u50", act: hping3 },
    Contender { name: "nping --tcp --rate 1000000", act: nping },
    Contender { name: "rawshake send -S --rate 1000000", act: send },
];

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    table(&mut out, "connections, opened and closed", &MAKERS)?;
    table(&mut out, "SYN probes that were answered", &PROBERS)
}

/// One row for each contender; ratios are to the first that there is.
fn table(out: &mut dyn Write, what: &str, contenders: &[Contender]) -> io::Result<()> {
    writeln!(out, "{what:<42} {:>10} {:>10} {:>8} {:>12}", "succeeded", "a second", "ratio", "CPU µs each")?;
    let mut best = vec![Turn::NONE; contenders.len()];
    for _ in 0..TURNS {
        for (contender, best) in contenders.iter().zip(&mut best) {
            match in_lab(contender.act) {
                Ok(turn) if turn.rate() > best.rate() => *best = turn,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    let base = best.iter().find(|best| best.succeeded > 0).copied();
    for (contender, best) in contenders.iter().zip(&best) {
        let Some(base) = base.filter(|_| best.succeeded > 0) else {
            writeln!(out, "{:<42} skipped: not installed, or nothing came back", contender.name)?;
            continue;
        };
        let (rate, each) = (best.rate(), best.processor_each());
        let ratio = rate / base.rate();
        writeln!(out, "{:<42} {:>10} {rate:>10.0} {ratio:>7.2}x {each:>12.1}", contender.name, best.succeeded)?;
    }
    Ok(())
}

/// Runs on a thread of its own, which enters a lab of its own.
fn in_lab(act: Act) -> io::Result<Turn> {
    let run = move || {
        let lab = Lab::enter(&Options { server: Server::Refuses, ..Options::default() }).map_err(io::Error::other)?;
        lab.on_server(serve).map_err(io::Error::other)??;
        let (begun, spent) = (Instant::now(), processor_time()?);
        let succeeded = act()?;
        Ok(Turn { succeeded, took: begun.elapsed(), processor: processor_time()? - spent })
    };
    std::thread::spawn(run).join().expect("no panic")
}

/// Of this thread and of all children that are over, in microseconds.
fn processor_time() -> io::Result<i64> {
    let of = |who| getrusage(who).map(|usage| (usage.user_time() + usage.system_time()).num_microseconds());
    Ok(of(UsageWho::RUSAGE_THREAD)? + of(UsageWho::RUSAGE_CHILDREN)?)
}

/// The server: its thread ends with this process.
fn serve() -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::new(SERVER.ip(Version::V4), OPEN).into())?;
    socket.listen(4096)?;
    let listener = TcpListener::from(socket);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 64]);
        }
    });
    Ok(())
}

fn kernel_loop() -> io::Result<u32> {
    let server = SocketAddr::new(SERVER.ip(Version::V4), OPEN);
    (0..CONNECTIONS).try_for_each(|_| TcpStream::connect(server).map(drop))?;
    Ok(CONNECTIONS)
}

fn rawshake(parallel: &str) -> io::Result<u32> {
    let (target, count) = (format!("{HOST}:{OPEN}"), CONNECTIONS.to_string());
    let said = run(OWN, &["trace", &target, "--count", &count, "--parallel", parallel])?;
    // `outcome  10,000  100 %  closed`
    number_in(&said, "closed", |line| line.split_whitespace().rev().nth(3))
}

/// With a shorter interval hping3 hears no answer any more: its timer interrupts every wait for one.
fn hping3() -> io::Result<u32> {
    let said = run("hping3", &["-q", "-n", "-S", "-p", CLOSED, "-i", "u50", "-c", PROBES, HOST])?;
    number_in(&said, "packets received", |line| line.split(", ").nth(1)?.split(' ').next())
}

fn nping() -> io::Result<u32> {
    let arguments = ["-q", "--tcp", "--flags", "syn", "-p", CLOSED, "--rate", "1000000", "-c", PROBES, HOST];
    let said = run("nping", &arguments)?;
    number_in(&said, "Rcvd: ", |line| line.split_once("Rcvd: ")?.1.split(' ').next())
}

fn send() -> io::Result<u32> {
    let target = format!("{HOST}:{CLOSED}");
    let arguments = ["send", &target, "-f", "S", "-c", PROBES, "--rate", "1000000", "-W", "0.2"];
    let said = run(OWN, &arguments)?;
    // `10,000 packets sent, 10,000 answered`
    number_in(&said, " answered", |line| line.split_whitespace().nth(3))
}

/// All that a program says; none of it where it is not installed.
fn run(program: &str, arguments: &[&str]) -> io::Result<String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
    Ok([output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat())
}

/// The number that `find` finds in the last line with these words.
fn number_in(said: &str, words: &str, find: impl Fn(&str) -> Option<&str>) -> io::Result<u32> {
    let line = said.lines().rfind(|line| line.contains(words));
    let number = line.and_then(find).and_then(|number| number.replace(',', "").parse().ok());
    number.ok_or_else(|| io::Error::other(format!("no {words}: {said}")))
}
