//! Checks of single Java statements and small methods: comparisons, `Thread.run`, parameters of `equals`, passwords in
//! strings. Must not know other methods.

use super::facts::callee_name;
use super::{Checker, Subject};
use crate::base::Span;
use crate::ir::{BinOp, Call, CallKind, Const, Modifiers, Operand, PlaceBase, Rvalue, StmtKind, Terminator};
use crate::rules::CheckKind;

const BOXES: &[&str] = &[
    "java.lang.Integer",
    "java.lang.Long",
    "java.lang.Short",
    "java.lang.Byte",
    "java.lang.Character",
    "java.lang.Boolean",
    "java.lang.Float",
    "java.lang.Double",
    "java.math.BigDecimal",
    "java.math.BigInteger",
];

impl<'a> Checker<'a> {
    pub(super) fn check_methods(&mut self, subject: &Subject<'a>) {
        self.reference_comparisons(subject);
        self.missing_null_check(subject);
        for (id, call, span) in subject.facts.calls() {
            let Some(name) = callee_name(call) else { continue };
            match name {
                "run" if call.args.is_empty() && call.kind == CallKind::Virtual => {
                    let owner = subject.facts.target(id).and_then(|target| target.owner);
                    let is_thread = owner.is_some_and(|owner| self.is_any(owner, &["java.lang.Thread"]));
                    if is_thread && !call.receiver.as_ref().is_some_and(|receiver| subject.facts.is_this(receiver)) {
                        self.examine(CheckKind::ThreadRunCall);
                        self.report_named(CheckKind::ThreadRunCall, span, Some(subject.id), name);
                    }
                }
                "start" if call.args.is_empty() => {
                    let owner = subject.facts.target(id).and_then(|target| target.owner);
                    if owner.is_some_and(|owner| self.is_any(owner, &["java.lang.Thread"])) {
                        self.examine(CheckKind::ThreadRunCall);
                    }
                }
                "equals" | "equalsIgnoreCase" => self.class_names(subject, call, span),
                "getPassword" | "readPassword"
                    if call.dst.is_some_and(|dst| self.reads_password(subject, &Operand::Local(dst))) =>
                {
                    self.examine(CheckKind::HeapInspection);
                }
                "<init>" | "valueOf" | "copyValueOf" => {
                    let of_string = subject.facts.target(id).and_then(|target| target.owner);
                    let first = call.args.first();
                    if of_string.is_some_and(|owner| owner.as_str() == "java.lang.String")
                        && first.is_some_and(|arg| self.reads_password(subject, arg))
                    {
                        self.report_named(CheckKind::HeapInspection, span, Some(subject.id), "String");
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether an operand is what a password field or a console gave.
    fn reads_password(&self, subject: &Subject<'a>, operand: &Operand) -> bool {
        let Some((id, call)) = subject.facts.call_of(operand) else { return false };
        let Some(owner) = subject.facts.target(id).and_then(|target| target.owner) else { return false };
        match callee_name(call) {
            Some("getPassword") => self.is_any(owner, &["javax.swing.JPasswordField", "java.net.PasswordAuthentication"]),
            Some("readPassword") => self.is_any(owner, &["java.io.Console"]),
            _ => false,
        }
    }

    fn class_names(&mut self, subject: &Subject<'a>, call: &Call, span: Span) {
        let named = |operand: &Operand| {
            let Some((_, call)) = subject.facts.call_of(operand) else { return false };
            let asks = matches!(callee_name(call), Some("getName" | "getSimpleName" | "getCanonicalName" | "getTypeName"));
            let of = call.receiver.as_ref();
            asks && of.is_some_and(|of| {
                subject.facts.call_of(of).is_some_and(|(_, call)| callee_name(call) == Some("getClass") && call.args.is_empty())
            })
        };
        if call.receiver.iter().chain(call.args.iter()).any(named) {
            self.examine(CheckKind::ClassComparisonByName);
            self.report_named(CheckKind::ClassComparisonByName, span, Some(subject.id), "getClass");
        }
    }

    fn reference_comparisons(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        for stmt in &facts.body.stmts {
            let StmtKind::Assign(_, Rvalue::Binary(BinOp::Eq | BinOp::Ne, a, b)) = &stmt.kind else { continue };
            if let (Some(of), _) | (_, Some(of)) = (facts.class(a), facts.class(b))
                && of.as_str() == "java.lang.Class"
            {
                self.examine(CheckKind::ClassComparisonByName);
            }
            let is_text = |operand: &Operand| facts.class(operand).is_some_and(|class| class.as_str() == "java.lang.String");
            let is_box = |operand: &Operand| {
                let computed = facts
                    .source(operand)
                    .is_some_and(|stmt| matches!(stmt.kind, StmtKind::Assign(_, Rvalue::Binary(..) | Rvalue::Unary(..))));
                !computed && facts.class(operand).is_some_and(|class| BOXES.contains(&class.as_str()))
            };
            if !(is_text(a) && is_text(b) || is_box(a) && is_box(b)) {
                continue;
            }
            self.examine(CheckKind::ReferenceComparison);
            // `a == b || a.equals(b)` asks for the contents too.
            let compared = facts.calls().any(|(_, call, _)| {
                let pair = call.receiver.as_ref().zip(call.args.first());
                matches!(callee_name(call), Some("equals" | "equalsIgnoreCase" | "compareTo"))
                    && pair.is_some_and(|(x, y)| facts.same(x, a) && facts.same(y, b) || facts.same(x, b) && facts.same(y, a))
            });
            if !compared && !facts.same(a, b) {
                self.report_named(CheckKind::ReferenceComparison, stmt.span, Some(subject.id), "==");
            }
        }
    }

    /// `equals`, `compareTo` and `compare` that use a parameter and never ask whether it is null.
    fn missing_null_check(&mut self, subject: &Subject<'a>) {
        let function = subject.function;
        let named = match (function.name.as_str(), function.params.len()) {
            ("equals", 1) => {
                function.params.iter().all(|param| param.ty.name().is_some_and(|name| name.simple_name() == "Object"))
            }
            ("compareTo", 1) => subject.owner.is_some_and(|owner| self.is_any(owner.name, &["java.lang.Comparable"])),
            ("compare", 2) => subject.owner.is_some_and(|owner| self.is_any(owner.name, &["java.util.Comparator"])),
            _ => false,
        };
        if !named || function.modifiers.contains(Modifiers::STATIC) || !function.modifiers.contains(Modifiers::PUBLIC) {
            return;
        }
        self.examine(CheckKind::MissingNullParameterCheck);
        let facts = &subject.facts;
        if facts.body.blocks.iter().any(|block| matches!(block.term, Terminator::Catch { .. })) {
            return;
        }
        let is_param = |operand: &Operand| match facts.origin(operand) {
            Operand::Local(local) => function.params.iter().any(|param| param.local == local),
            Operand::Const(_) => false,
        };
        let is_null = |operand: &Operand| matches!(operand, Operand::Const(Const::Null));
        let mut used: Option<Span> = None;
        for stmt in &facts.body.stmts {
            match &stmt.kind {
                StmtKind::Assign(_, Rvalue::Binary(BinOp::Eq | BinOp::Ne, a, b))
                    if (is_null(a) || is_null(b)) && (is_param(a) || is_param(b)) =>
                {
                    return;
                }
                StmtKind::Assign(_, Rvalue::InstanceOf(operand, _)) if is_param(operand) => return,
                StmtKind::Assign(_, Rvalue::Load(place)) => {
                    if let Some(place) = facts.body.places.get(*place)
                        && let PlaceBase::Local(base) = place.base
                        && is_param(&Operand::Local(base))
                    {
                        used.get_or_insert(stmt.span);
                    }
                }
                StmtKind::Call(call) => {
                    let Some(call) = facts.body.calls.get(*call) else { continue };
                    if call.receiver.as_ref().is_some_and(&is_param) {
                        used.get_or_insert(stmt.span);
                    } else if call.args.iter().any(&is_param) && used.is_none() {
                        // The callee may look at it: `super.equals(other)`, `Objects.equals`, `isNull(a)`.
                        return;
                    }
                }
                _ => {}
            }
        }
        if let Some(span) = used {
            self.report_named(CheckKind::MissingNullParameterCheck, span, Some(subject.id), function.name.as_str());
        }
    }
}
