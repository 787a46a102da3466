//! Keys and signals while somebody looks on: the terminal is as it was before, and nothing is left.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process};

use crate::common;
use crate::common::support::screen::Terminal;
use crate::left::Surroundings;
use crate::run::command;
use crate::signals::is_every_signal_asked_for;

/// A run on a terminal, and what stands there when it is to end.
struct Run {
    arguments: &'static str,
    script: Option<&'static str>,
    ready: &'static str,
    /// Its own exit code after Ctrl-C, where that is how one ends it.
    after_ctrl_c: Option<i32>,
}

const fn run(arguments: &'static str, ready: &'static str, after_ctrl_c: Option<i32>) -> Run {
    Run { arguments, script: None, ready, after_ctrl_c }
}

const RUNS: [Run; 7] = [
    run("trace --lab --lab-server never-closes --send hello --wait 60 --format lines", "length 5", None),
    run("trace --lab --step --ascii", "Enter sends it", None),
    run("listen 8080 --table", "LISTEN port 8080", None),
    run("replay CAPTURE --onto lo --yes --pps 0.25", "1 packets", None),
    run("lab serve", "It waits for clients", Some(0)),
    run("sockets --watch 1", "0 sockets", Some(0)),
    run("quiz CAPTURE --ascii", ">", None),
];

/// Ctrl-\ asks how far it has come.
const WATCH: [Run; 1] = [run("watch -i lo", "Ctrl-C ends it", Some(1))];

/// Programs that take the terminal for themselves: keys are for them, signals leave them no time to give it back.
const OTHERS: [Run; 2] = [
    Run { script: Some(r"stty raw -echo; printf '\033[?47h\033[?25lready'; exec sleep 1000"), ..COMMAND },
    Run {
        script: Some(r"stty -icanon; printf '\033[?2004h\033[?1006hready'; trap '' TERM HUP; sleep 1000"),
        ..COMMAND
    },
];

const COMMAND: Run = run("lab run -q -- sh -c", "ready", None);

/// How it is ended.
#[derive(Clone, Copy, Debug)]
enum Way {
    Key(&'static str, Signal),
    Kill(Signal),
}

const WAYS: [Way; 4] =
    [Way::Key("\x03", Signal::INT), Way::Kill(Signal::TERM), Way::Key("\x1c", Signal::QUIT), Way::Kill(Signal::HUP)];

impl Run {
    fn start(&self, surroundings: &Surroundings) -> (Terminal, Child) {
        let (terminal, [input, output, error]) = Terminal::new(24, 80);
        let own = command(self.arguments, Path::new("/"));
        let mut session = Command::new("setsid");
        session.args(["--ctty", "--wait"]).arg(own.get_program()).args(own.get_args()).args(self.script);
        surroundings.prepare(&mut session);
        session.env("TERM", "xterm").env_remove("NO_COLOR").env("SHELL", "/bin/true");
        let child = session.stdin(input).stdout(output).stderr(error).spawn().expect("setsid of util-linux");
        (terminal, child)
    }

    /// The exit code that the way asks for.
    fn code(&self, way: Way) -> i32 {
        let (Way::Key(_, signal) | Way::Kill(signal)) = way;
        let own = self.after_ctrl_c.filter(|_| signal == Signal::INT);
        own.unwrap_or(128 + signal.as_raw())
    }

    fn ended(&self, way: Way, surroundings: &Surroundings) {
        let (mut terminal, mut child) = self.start(surroundings);
        let before = terminal.modes();
        let screen = terminal.until(|screen| screen.contains(self.ready));
        let when = format!("{} {:?}: {way:?} at {screen}", self.arguments, self.script);
        match way {
            Way::Key(key, _) => terminal.type_in(key),
            Way::Kill(signal) => kill_process(Pid::from_child(&child), signal).expect("a signal"),
        }
        let status = child.wait().expect("an end");
        assert_eq!(status.code(), Some(self.code(way)), "{when}: {:?}", status.signal());
        surroundings.must_be_as_before_but_for_rules_and_namespaces(&when);
        assert_eq!(terminal.modes(), before, "{when}");
        terminal.end();
    }
}

/// Ends each run in one of these ways, another each time, or, where that is asked for, in all. To be called as another root.
fn end_all(runs: &[Run], ways: &[Way]) {
    let surroundings = Surroundings::new(1);
    let each = if is_every_signal_asked_for() { ways.len() } else { 1 };
    for (at, run) in runs.iter().enumerate() {
        ways.iter().cycle().skip(at).take(each).for_each(|way| run.ended(*way, &surroundings));
    }
    surroundings.must_be_as_before("all of them");
}

#[test]
fn a_terminal_is_as_it_was_behind_keys_and_signals() {
    common::as_another_root(|| {
        end_all(&RUNS, &WAYS);
        end_all(&WATCH, &[WAYS[0], WAYS[1], WAYS[3]]);
    });
}

#[test]
fn a_terminal_that_somebody_else_had_in_the_lab_is_as_it_was() {
    common::as_another_root(|| end_all(&OTHERS, &[WAYS[1], WAYS[3]]));
}
