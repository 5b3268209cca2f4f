//! What happens where data arrives at a sink, and where a null is dereferenced: a finding, or a latent defect for the
//! callers. Must not know how the data came.

use super::commands::names_program;
use super::frame::{Frame, Pending};
use super::state::State;
use super::summary::LatentKind;
use super::trace::{Hop, Trail, before, steps};
use super::value::{Mark, Null, Origin, ValueId};
use crate::base::{FileSpan, RuleId, Span, Symbol};
use crate::findings::StepKind;
use crate::program::FuncId;
use crate::rules::{CheckKind, Confidence, RuleKind, Severity, SourceKinds};

/// How sure a finding can be at most, by who controls the input: anybody on the network, whoever can write a file or a
/// row, or only whoever runs the program.
pub(super) fn weight(kinds: SourceKinds) -> Confidence {
    if kinds.intersects(
        SourceKinds::WEB
            | SourceKinds::SOCKET
            | SourceKinds::SECRET
            | SourceKinds::SYSTEM
            | SourceKinds::RANDOM
            | SourceKinds::CLAIM,
    ) {
        Confidence::High
    } else if kinds.intersects(SourceKinds::DB | SourceKinds::FILE) {
        Confidence::Medium
    } else {
        Confidence::Low
    }
}

/// One step less severe.
pub(super) fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => Severity::Info,
    }
}

/// Whether an address of another machine goes without TLS.
fn is_plain_http(prefix: &str) -> bool {
    prefix.strip_prefix("http://").is_some_and(|host| !["localhost", "127.", "[::1]"].iter().any(|own| host.starts_with(own)))
}

/// Whether the known beginning of an address ends its host: `http://example.org/`.
fn fixes_host(prefix: &str) -> bool {
    prefix.split_once("://").is_some_and(|(_, rest)| rest.find(['/', '?', '#']).is_some_and(|end| end > 0))
}

/// Whether an address that begins so leads to a fixed host: `/path`, `?page=`, `https://example.org/`.
fn stays(prefix: &str) -> bool {
    let mut rest = prefix.chars();
    match rest.next() {
        Some('/') => rest.next().is_some_and(|second| !matches!(second, '/' | '\\')),
        Some('?' | '#') => true,
        _ => fixes_host(prefix),
    }
}

/// Where taint arrives.
pub(super) struct Arrival {
    /// Kind of sink.
    pub(super) sink: Symbol,
    /// The called name.
    pub(super) callee: Symbol,
    pub(super) at: FileSpan,
    /// The function it lies in.
    pub(super) function: FuncId,
    /// How many calls down.
    pub(super) depth: u8,
}

impl Frame<'_> {
    /// A value arrives at a sink of a kind.
    pub(super) fn sink_value(&mut self, state: &State, value: ValueId, sink: &str, callee: &str, span: Span) {
        self.sink(state, value, Symbol::new(sink), Symbol::new(callee), span, span);
    }

    /// The same; `span` is where it is reported, `arg` where the data stands.
    pub(super) fn sink(&mut self, state: &State, value: ValueId, sink: Symbol, callee: Symbol, span: Span, _arg: Span) {
        let Some(rules) = self.ctx.sink_rules.get(&(sink, self.language())) else { return };
        for rule in rules {
            self.examine(*rule, span);
        }
        // Asked for over plain HTTP, secrets in the address are for everybody to read.
        if sink.as_str() == "ssrf" && self.beginning(state, value).is_some_and(|prefix| is_plain_http(prefix.as_str())) {
            self.sink(state, value, Symbol::new("cleartext"), callee, span, _arg);
        }
        // Printed as its class and a number: what is in it stays out of the log.
        if sink.as_str() == "log" && !self.is_c() && self.prints_no_data(value) {
            return;
        }
        if sink.as_str() == "command" && !self.is_c() && self.is_plain_command(state, value) {
            return;
        }
        // Taken apart without a shell: behind the name of a program the data only gives arguments.
        if sink.as_str() == "command-line" && self.beginning(state, value).is_some_and(|start| names_program(start.as_str())) {
            return;
        }
        let is_redirect = sink.as_str() == "url-redirect";
        let start = if is_redirect { self.beginning(state, value) } else { None };
        let sink = self.where_it_leads(state, value, sink);
        // The address of a file leads to no other machine.
        if sink.as_str() == "ssrf" && self.beginning(state, value).is_some_and(|prefix| prefix.as_str().starts_with("file:")) {
            return;
        }
        // Bytes of a file that are sent are a download, no page.
        let is_bytes = sink.as_str() == "html-bytes";
        let sink = if is_bytes { Symbol::new("html") } else { sink };
        // A number that a check keeps below some bound does no harm as a size, an index or a time.
        if matches!(sink.as_str(), "alloc-size" | "sleep" | "loop-bound" | "index" | "copy-size") {
            return self.sink_number(state, value, (sink, callee), span, true);
        }
        // An address that begins with something fixed: the data no longer decides its scheme.
        let fixed = callee.as_str() == "printUrl" && self.beginning(state, value).is_some_and(|start| !start.as_str().is_empty());
        let callee = if fixed { Symbol::new("printUrlPart") } else { callee };
        let at = self.at(span);
        let mut marks = self.deep_marks(state, value);
        self.member_marks(state, value, &mut marks);
        if sink.as_str() == "command" {
            self.leave_to_list(value, &mut marks);
        }
        if start.is_some_and(|start| !start.as_str().is_empty()) {
            // What stands before the data leaves the host open.
            marks.iter_mut().for_each(|mark| mark.at_start = true);
        }
        if is_bytes {
            marks.retain(|mark| mark.kinds != SourceKinds::FILE);
        }
        for mark in marks {
            let tail = before(self.hop(span, StepKind::Sink, callee), None);
            let arrival = Arrival { sink, callee, at, function: self.id, depth: 0 };
            self.arrive(state, mark, &arrival, tail);
        }
    }

    /// The kind of sink that an address is for, by what it begins with.
    pub(super) fn where_it_leads(&self, state: &State, value: ValueId, sink: Symbol) -> Symbol {
        let begins = |fixed: fn(&str) -> bool| self.beginning(state, value).is_some_and(|prefix| fixed(prefix.as_str()));
        match sink.as_str() {
            // An address of this site, or of one that is fixed: data decides what is shown there, not where.
            "url-redirect" if begins(stays) => Symbol::new("url-local"),
            // A fixed scheme and host: data decides what is asked there, not whom.
            "ssrf" if begins(fixes_host) => Symbol::new("url-part"),
            _ => sink,
        }
    }

    /// Whether what is passed as a size is a collection that is copied: neither declared a number nor made one.
    pub(super) fn is_no_size(&self, operand: &crate::ir::Operand, value: ValueId) -> bool {
        let known = &self.values[value];
        let declared = operand.local().is_none_or(|local| self.cleared_by_type(self.local_type(local)) != 0);
        let made = |mark: &Mark| mark.cleared & super::kinds::NUMBER != 0;
        !declared && known.range.is_none() && known.consts.is_none() && !known.marks.iter().any(made)
    }

    /// The known beginning of a value's text, or of the text that an object was made of.
    pub(super) fn beginning(&self, state: &State, value: ValueId) -> Option<Symbol> {
        let known = &self.values[value];
        let of_object = || match known.objects.as_slice() {
            [object] => self.values[state.cell(*object, super::state::Cell::Text)?].prefix,
            _ => None,
        };
        known.prefix.or_else(of_object)
    }

    /// C: a structure passed by its address is passed with its members.
    fn member_marks(&self, state: &State, value: ValueId, marks: &mut smallvec::SmallVec<[Mark; 4]>) {
        for object in &self.values[value].objects {
            if !matches!(self.objects[*object].kind, super::frame::ObjectKind::Storage(_)) {
                continue;
            }
            for (cell, held) in state.cells(*object) {
                if !matches!(cell, super::state::Cell::Field(_)) {
                    continue;
                }
                let own = self.values[held].marks.iter();
                let inner = self.values[held].objects.iter().flat_map(|part| state.cells(*part));
                let inner = inner.filter(|(cell, _)| matches!(cell, super::state::Cell::Field(_)));
                let inner = inner.flat_map(|(_, value)| &self.values[value].marks);
                for mark in own.chain(inner) {
                    if !marks.iter().any(|known| known.origin == mark.origin && known.cleared == mark.cleared) {
                        marks.push(*mark);
                    }
                }
            }
        }
    }

    /// Taint arrives at a sink, here or in a callee.
    pub(super) fn arrive(&mut self, state: &State, mark: Mark, arrival: &Arrival, tail: Trail) {
        let &Arrival { sink, callee, at, function, depth } = arrival;
        match mark.origin {
            Origin::Input(input) => {
                let wanted = self.ctx.sink_kinds.get(&(sink, self.language())).copied().unwrap_or_default();
                if !wanted.intersects(self.ctx.demand.kinds(self.id)) {
                    return;
                }
                let kind = LatentKind::Sink { sink, callee, cleared: mark.cleared, at_start: mark.at_start };
                let trail = self.traces.trail(mark.path, tail);
                self.leave_latent(state, input, Pending { kind, at, function, trail, depth });
            }
            Origin::Source(_) => self.arrive_at_source(mark, arrival, &tail),
        }
    }

    /// Data from a source in view arrives at a sink.
    pub(super) fn arrive_at_source(&mut self, mark: Mark, arrival: &Arrival, tail: &Trail) {
        let &Arrival { sink, callee, at, function, .. } = arrival;
        let Origin::Source(origin) = mark.origin else { return };
        let Some(rules) = self.ctx.sink_rules.get(&(sink, self.language())) else { return };
        let fitting: Vec<RuleId> = rules.iter().copied().filter(|rule| self.taint_applies(*rule, sink, mark)).collect();
        let covered = self.ctx.encoder.covers(mark, sink, callee);
        let is_c = self.is_c();
        for rule in fitting {
            if mark.kinds == SourceKinds::PAGE && !self.out.grouped.insert((rule, mark.name)) {
                continue;
            }
            let mut args = vec![
                ("source", super::texts::source_name(mark.kinds, mark.name)),
                ("sink", callee.as_str().to_owned()),
                ("callee", callee.as_str().to_owned()),
                ("whole", mark.at_start.to_string()),
            ];
            let pasted = sink.as_str() == super::mapper::PASTE;
            if pasted {
                args.push(("name", callee.as_str().to_owned()));
            }
            // What the rule does not count lends it no weight.
            let cap = match &self.ctx.rules.rules[rule].kind {
                RuleKind::Taint(taint) => weight(mark.kinds & taint.from),
                _ => weight(mark.kinds),
            };
            if let Some(finding) = self.report(rule, at, function, Some(origin), args, steps(&self.traces.hops(mark.path), tail))
            {
                finding.confidence = if pasted { cap } else { finding.confidence.min(cap) };
                // Whoever runs the program may do what the program may do.
                if cap == Confidence::Low && mark.kinds.intersects(SourceKinds::ENV | SourceKinds::CALLER) {
                    finding.severity = lower(finding.severity);
                    // Starting what the environment or the arguments name is what many C programs are for.
                    if is_c && finding.severity == Severity::High {
                        finding.severity = Severity::Medium;
                    }
                }
                // Paths and names of resources that a database holds were mostly put there by the program itself.
                let own = matches!(sink.as_str(), "path-read" | "path-write" | "resource-name");
                if own && mark.kinds & SourceKinds::all() == SourceKinds::DB {
                    finding.confidence = Confidence::Low;
                }
                // A path that a file holds was mostly put there by whoever runs the program.
                if is_c && sink.as_str() == "path" && (SourceKinds::FILE | SourceKinds::DB).contains(mark.kinds) {
                    finding.severity = finding.severity.min(Severity::Medium);
                }
                // Behind something that nobody knows the data seldom decides the host.
                if matches!(sink.as_str(), "url-redirect" | "ssrf") && !mark.at_start {
                    finding.confidence = Confidence::Low;
                }
                // Headers of requests to others and of frameworks that refuse line breaks; parsers of JSON that make any class
                // only where they are told to.
                if matches!(sink.as_str(), "message-header" | "json-types") {
                    finding.confidence = Confidence::Low;
                }
                // As a browser sends a path or its host, little is left in it that does harm.
                let to_page = sink.as_str().starts_with("html") || sink.as_str() == "js";
                if to_page && matches!(mark.name.as_str(), "getRequestURI" | "getRequestURL" | "getServerName") {
                    finding.confidence = Confidence::Low;
                }
                // No page of another site can have a browser send JSON and show what comes back.
                // The answer's type, which may be no page's, is set elsewhere.
                if callee.as_str() == "body" || callee.as_str() == "return" && mark.name.as_str().starts_with("@RequestBody") {
                    finding.confidence = Confidence::Low;
                }
                // Quotes and brackets escaped, only a backslash is left to harm a string of a script.
                let quoted = matches!(callee.as_str(), "printScriptSingle" | "printScriptDouble")
                    && mark.cleared & super::kinds::bit("html-attr") != 0;
                if quoted {
                    finding.confidence = Confidence::Low;
                }
                if covered {
                    finding.confidence = Confidence::Low;
                    finding.severity = lower(finding.severity);
                }
            }
        }
    }

    fn taint_applies(&self, rule: RuleId, sink: Symbol, mark: Mark) -> bool {
        let from = match &self.ctx.rules.rules[rule].kind {
            RuleKind::Taint(taint) => taint.from,
            RuleKind::Check(CheckKind::MapperInjection) => super::mapper::PASTED_KINDS,
            _ => return false,
        };
        if mark.cleared & super::kinds::HOST_CHECKED != 0 && matches!(sink.as_str(), "ssrf" | "url-redirect") {
            return false;
        }
        let mut cleared = super::kinds::complete(mark.cleared);
        if cleared & super::kinds::PLAIN_NAME != 0 && mark.at_start {
            cleared |= super::kinds::bit("ldap-name");
        }
        if cleared & super::kinds::NO_PARENT != 0 && !mark.at_start {
            cleared |= super::kinds::bit("path");
        }
        from.intersects(mark.kinds) && self.ctx.cleared_by.get(&rule).is_none_or(|by| by & cleared == 0)
    }

    /// A reference is dereferenced.
    pub(super) fn check_null(&mut self, state: &mut State, value: ValueId, span: Span) {
        let known = &self.values[value];
        let check = match known.null {
            Null::No => return self.note_certain(state, value, span),
            Null::Yes(_) => CheckKind::NullDereference,
            Null::Maybe(_) => CheckKind::NullDereferenceOfResult,
            Null::Unknown => {
                let input = known.input;
                if let Some(input) = input
                    && let Some((always, given)) = self.asks_callers(state, input)
                {
                    let at = self.at(span);
                    let trail = before(self.hop(span, StepKind::Sink, self.ctx.names.empty), None);
                    let kind = LatentKind::NullDeref { check: CheckKind::NullDereference, always, given };
                    self.leave_latent(state, input, Pending { kind, at, function: self.id, trail, depth: 0 });
                }
                self.note_dereference(state, value, span);
                if input.is_some_and(|input| self.hands_up_null(input)) {
                    // From here on it is not null: one report a value.
                    self.assume_null(state, value, false);
                }
                return;
            }
        };
        if let (Some(at), Some(rules)) = (known.null.evidence(), self.ctx.check_rules.get(&(check, self.language()))) {
            let origin = Hop { at, kind: StepKind::Null, name: self.ctx.names.empty };
            let here = self.hop(span, StepKind::Sink, self.ctx.names.empty);
            for rule in rules.clone() {
                self.examine(rule, span);
                let place = self.at(span);
                self.report(
                    rule,
                    place,
                    self.id,
                    Some(at),
                    vec![("name", self.snippet_name(span))],
                    steps(&[origin, here], &None),
                );
            }
        }
        // Reported once; the code behind it assumes it is not null.
        let refined = super::value::Value { null: Null::No, ..self.values[value].clone() };
        let refined = self.value(refined);
        self.replace(state, value, refined);
    }

    pub(super) fn language(&self) -> crate::rules::Language {
        if self.is_c() { crate::rules::Language::C } else { crate::rules::Language::Java }
    }

    /// The name of the local that a place is about, for messages: the engine has no text.
    fn snippet_name(&self, span: Span) -> String {
        let inside = self.body.locals.iter().find(|local| local.name.is_some() && local.span == span);
        inside.and_then(|local| local.name).map(|name| name.as_str().to_owned()).unwrap_or_default()
    }
}
