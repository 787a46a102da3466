//! A step of giving up that fails, or that seems to be done and is not: the command ends, and has decoded nothing.

use std::collections::BTreeMap;

use seccompiler::SeccompCmpArgLen::Dword;
use seccompiler::SeccompCmpOp::Eq;
use seccompiler::{BpfProgram, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch};

use crate::common;
use crate::common::support::program::Said;
use crate::program::{command, is_root};

/// A call, with its first argument if only that one is meant.
type Call = (libc::c_long, Option<i32>);

const fn prctl(operation: i32) -> Call {
    (libc::SYS_prctl, Some(operation))
}

/// Answers a call with this error, or with success where it is 0, and lets all others pass.
fn answering((call, operation): Call, error: i32) -> BpfProgram {
    let condition = |value: i32| SeccompCondition::new(0, Dword, Eq, value as u64).expect("a condition");
    let rules = operation.map(|value| SeccompRule::new(vec![condition(value)]).expect("a rule"));
    let rules = BTreeMap::from([(call, rules.into_iter().collect())]);
    let arch = TargetArch::try_from(std::env::consts::ARCH).expect("this machine");
    let answer = SeccompAction::Errno(error.unsigned_abs());
    SeccompFilter::new(rules, SeccompAction::Allow, answer, arch).expect("a filter").try_into().expect("a program")
}

/// Runs the program where one call is answered so; the filter is that of a thread, and of what it starts.
fn run_where(call: Call, error: i32) -> Said {
    let run = move || {
        seccompiler::apply_filter(&answering(call, error)).expect("a filter");
        Said::of(command("replay captures/three-segment.pcap").output().expect("the program"))
    };
    std::thread::spawn(run).join().expect("a thread")
}

#[test]
fn a_step_that_fails_ends_the_command_before_anything_is_decoded() {
    if !is_root() {
        return common::impossible("only root has all there is to be given up");
    }
    const PR_CAP_AMBIENT: i32 = 47;
    let steps = [
        (prctl(libc::PR_SET_NO_NEW_PRIVS), "renounce new privileges (PR_SET_NO_NEW_PRIVS)"),
        (prctl(libc::PR_SET_SECUREBITS), "lock the secure bits (PR_SET_SECUREBITS)"),
        (prctl(libc::PR_CAPBSET_DROP), "empty the bounding set of capabilities (PR_CAPBSET_DROP)"),
        (prctl(PR_CAP_AMBIENT), "empty the ambient set of capabilities (PR_CAP_AMBIENT)"),
        ((libc::SYS_setgroups, None), "leave all groups (setgroups)"),
        ((libc::SYS_setresgid, None), "change the group (setresgid)"),
        ((libc::SYS_setresuid, None), "change the user (setresuid)"),
        ((libc::SYS_capset, None), "empty the sets of capabilities (capset)"),
        ((libc::SYS_landlock_restrict_self, None), "renounce writing to files (landlock_restrict_self)"),
        ((libc::SYS_seccomp, None), "filter system calls (seccomp)"),
    ];
    for (call, words) in steps {
        let said = run_where(call, libc::EPERM);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{words}: {said:?}");
        let told = format!("rawshake: cannot give up privileges: cannot {words}: ");
        assert!(said.err.starts_with(&told), "{words}: {said:?}");
    }
}

#[test]
fn a_step_that_only_seems_to_be_done_is_found_out() {
    if !is_root() {
        return common::impossible("only root has all there is to be given up");
    }
    let steps = [
        (prctl(libc::PR_CAPBSET_DROP), "CapBnd"),
        ((libc::SYS_setresgid, None), "the group root"),
        ((libc::SYS_setresuid, None), "the user root"),
    ];
    for (call, words) in steps {
        let said = run_where(call, 0);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{words}: {said:?}");
        assert!(said.err.contains(&format!("still has {words}")), "{words}: {said:?}");
    }
}
