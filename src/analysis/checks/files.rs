//! Java files that are checked and then used, and sockets bound twice. Must not know what a file holds.

use super::facts::{Facts, callee_name};
use super::{Checker, Subject};
use crate::ir::{CallId, Const, Modifiers, Operand, StmtKind};
use crate::rules::CheckKind;

const CHECKS: &[&str] = &["exists", "isFile", "isDirectory", "canRead", "canWrite", "canExecute", "isHidden"];
const USES: &[&str] = &[
    "java.io.FileInputStream",
    "java.io.FileOutputStream",
    "java.io.FileReader",
    "java.io.FileWriter",
    "java.io.RandomAccessFile",
    "java.io.PrintWriter",
    "java.util.Scanner",
];
const SERVER_SOCKETS: &[&str] = &["java.net.ServerSocket", "java.nio.channels.ServerSocketChannel", "java.net.DatagramSocket"];

impl<'a> Checker<'a> {
    pub(super) fn check_files(&mut self, subject: &Subject<'a>) {
        self.checked_then_used(subject);
        self.bound_twice(subject);
    }

    fn checked_then_used(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let body = facts.body;
        let uses: Vec<CallId> = facts
            .calls()
            .filter(|(id, call, _)| {
                callee_name(call) == Some("<init>")
                    && facts.target(*id).and_then(|target| target.owner).is_some_and(|owner| USES.contains(&owner.as_str()))
            })
            .map(|(id, ..)| id)
            .collect();
        if uses.is_empty() {
            return;
        }
        let locked = subject.function.modifiers.contains(Modifiers::SYNCHRONIZED)
            || body.stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::MonitorEnter(_)));
        for (index, stmt) in body.stmts.iter().enumerate() {
            let StmtKind::Call(check) = stmt.kind else { continue };
            let Some(call) = body.calls.get(check) else { continue };
            let on_file =
                facts.target(check).and_then(|target| target.owner).is_some_and(|owner| owner.as_str() == "java.io.File");
            if !on_file || !callee_name(call).is_some_and(|name| CHECKS.contains(&name)) {
                continue;
            }
            let Some(file) = call.receiver.as_ref() else { continue };
            self.examine(CheckKind::TimeOfCheckTimeOfUse);
            if locked {
                continue;
            }
            let Some(at) = facts.block_of(index) else { continue };
            let Some(block) = body.blocks.get(at) else { continue };
            let later = facts.reachable(&block.term.successors(), false);
            for (used, stmt) in body.stmts.iter().enumerate() {
                let StmtKind::Call(id) = stmt.kind else { continue };
                let Some(target) = body.calls.get(id).filter(|_| uses.contains(&id)) else { continue };
                let same = target.args.first().is_some_and(|arg| facts.same(arg, file));
                let after = facts.block_of(used).is_some_and(|block| later.contains(&block)) && used > index;
                if same && after {
                    let name = facts.name_of(file).map_or("file", |name| name.as_str());
                    self.report_named(CheckKind::TimeOfCheckTimeOfUse, stmt.span, Some(subject.id), name);
                }
            }
        }
    }

    fn bound_twice(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        let mut ports: Vec<i128> = Vec::new();
        for (id, call, span) in facts.calls() {
            let owner = facts.target(id).and_then(|target| target.owner);
            if !owner.is_some_and(|owner| SERVER_SOCKETS.contains(&owner.as_str())) {
                continue;
            }
            match callee_name(call) {
                Some("setReuseAddress") => {
                    self.examine(CheckKind::MultipleBinds);
                    if matches!(call.args.first(), Some(Operand::Const(Const::Bool(true)))) {
                        self.report_named(CheckKind::MultipleBinds, span, Some(subject.id), "setReuseAddress");
                    }
                }
                Some("bind") => {
                    self.examine(CheckKind::MultipleBinds);
                    let Some(port) = call.args.first().and_then(|address| port_of(facts, address)) else { continue };
                    if ports.contains(&port) {
                        self.report_named(CheckKind::MultipleBinds, span, Some(subject.id), "bind");
                    }
                    ports.push(port);
                }
                _ => {}
            }
        }
    }
}

/// The constant port of a socket address made in view.
fn port_of(facts: &Facts<'_>, address: &Operand) -> Option<i128> {
    let (id, call) = facts.call_of(address)?;
    let class = facts.target(id)?.owner?;
    if class.as_str() != "java.net.InetSocketAddress" {
        return None;
    }
    match facts.origin(call.args.last()?) {
        Operand::Const(Const::Int(port, _)) if port.get() != 0 => Some(port.get()),
        _ => None,
    }
}
