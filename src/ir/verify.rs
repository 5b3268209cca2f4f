//! The invariants of the IR, checked in debug builds and tests. Must not know any language.

use super::{BlockId, Body, Callee, FuncKind, Operand, PlaceBase, Proj, Rvalue, StmtKind, Terminator, Unit};
use super::{FuncIdx, LocalId, LocalKind};

/// Everything wrong with a unit; empty if nothing is. Each entry names the function.
#[must_use]
pub fn verify_unit(unit: &Unit) -> Vec<String> {
    let mut faults = Vec::new();
    for (index, function) in unit.functions.iter_enumerated() {
        let mut own = Vec::new();
        if function.owner.is_some_and(|owner| unit.types.get(owner).is_none()) {
            own.push("owner out of range".to_owned());
        }
        if function.enclosing.is_some_and(|enclosing| unit.functions.get(enclosing).is_none()) {
            own.push("enclosing function out of range".to_owned());
        }
        if let Some(body) = function.body() {
            own.extend(verify_body(&body, unit.functions.len()));
            for param in &function.params {
                match body.locals.get(param.local) {
                    Some(local) if local.name != Some(param.name) => {
                        own.push(format!("parameter {} is local {:?}", param.name, local.name))
                    }
                    Some(local) => {
                        let fits = match local.kind {
                            LocalKind::Param => true,
                            LocalKind::Captured => function.kind == FuncKind::Lambda,
                            _ => false,
                        };
                        if !fits {
                            own.push(format!("parameter {} is a local of kind {:?}", param.name, local.kind));
                        }
                    }
                    None => own.push(format!("parameter {} has no local", param.name)),
                }
            }
        }
        faults.extend(own.into_iter().map(|fault| format!("{} #{}: {fault}", function.name, index.index())));
    }
    for (index, decl) in unit.types.iter_enumerated() {
        if decl.outer.is_some_and(|outer| outer >= index) {
            faults.push(format!("{}: its enclosing type comes later", decl.name));
        }
        for func in &decl.functions {
            if unit.functions.get(*func).is_none_or(|function| function.owner != Some(index)) {
                faults.push(format!("{}: function #{} is not its own", decl.name, func.index()));
            }
        }
    }
    faults
}

/// Everything wrong with a body.
#[must_use]
pub fn verify_body(body: &Body, functions: usize) -> Vec<String> {
    let mut check = Check { body, functions, faults: Vec::new() };
    check.ranges();
    for (id, block) in body.blocks.iter_enumerated() {
        check.terminator(id, &block.term);
        if let Some(handler) = block.unwind {
            let is_catch = body.blocks.get(handler).is_some_and(|block| matches!(block.term, Terminator::Catch { .. }));
            if !is_catch {
                check.fault(format!("b{} unwinds to b{}, which is no handler", id.index(), handler.index()));
            }
        }
    }
    for stmt in &body.stmts {
        check.stmt(&stmt.kind);
    }
    check.calls_and_places();
    if check.faults.is_empty() {
        check.temporaries();
    }
    check.faults
}

struct Check<'a> {
    body: &'a Body,
    functions: usize,
    faults: Vec<String>,
}

impl Check<'_> {
    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// Blocks are disjoint ranges that cover all statements.
    fn ranges(&mut self) {
        if self.body.blocks.is_empty() {
            self.fault("no entry block".to_owned());
        }
        let mut ranges: Vec<(u32, u32)> =
            self.body.blocks.iter().map(|block| (block.start, block.end)).filter(|(start, end)| start != end).collect();
        ranges.sort_unstable();
        let mut at = 0;
        for (start, end) in ranges {
            if start != at || end < start {
                self.fault(format!("statements {start}..{end} where {at} was expected"));
            }
            at = end;
        }
        if at as usize != self.body.stmts.len() {
            self.fault(format!("{} statements, {at} in blocks", self.body.stmts.len()));
        }
    }

    fn local(&mut self, local: LocalId) {
        if self.body.locals.get(local).is_none() {
            self.fault(format!("local {} out of range", local.index()));
        }
    }

    fn operand(&mut self, operand: &Operand) {
        if let Operand::Local(local) = operand {
            self.local(*local);
        }
    }

    fn operands(&mut self, operands: &[Operand]) {
        for operand in operands {
            self.operand(operand);
        }
    }

    fn block(&mut self, block: BlockId) {
        if self.body.blocks.get(block).is_none() {
            self.fault(format!("block {} out of range", block.index()));
        }
    }

    fn function(&mut self, function: FuncIdx) {
        if function.index() >= self.functions {
            self.fault(format!("function {} out of range", function.index()));
        }
    }

    fn terminator(&mut self, id: BlockId, term: &Terminator) {
        for target in term.successors() {
            self.block(target);
        }
        match term {
            Terminator::If { cond: operand, .. }
            | Terminator::Switch { value: operand, .. }
            | Terminator::Return(Some(operand))
            | Terminator::Throw(operand) => self.operand(operand),
            Terminator::Catch { exception, .. } => {
                self.local(*exception);
                if !self.body.stmts_of(id).is_empty() {
                    self.fault(format!("handler b{} has statements", id.index()));
                }
            }
            Terminator::Goto(_) | Terminator::Return(None) | Terminator::Unreachable => {}
        }
    }

    fn stmt(&mut self, stmt: &StmtKind) {
        match stmt {
            StmtKind::Assign(local, rvalue) => {
                self.local(*local);
                self.rvalue(rvalue);
            }
            StmtKind::Store(place, operand) => {
                if self.body.places.get(*place).is_none() {
                    self.fault(format!("place {} out of range", place.index()));
                }
                self.operand(operand);
            }
            StmtKind::Call(call) => {
                if self.body.calls.get(*call).is_none() {
                    self.fault(format!("call {} out of range", call.index()));
                }
            }
            StmtKind::MonitorEnter(operand) | StmtKind::MonitorExit(operand) => self.operand(operand),
            StmtKind::Dead(local) => self.local(*local),
            StmtKind::Opaque => {}
        }
    }

    fn rvalue(&mut self, rvalue: &Rvalue) {
        match rvalue {
            Rvalue::Use(operand) | Rvalue::Unary(_, operand) | Rvalue::Cast(_, operand) | Rvalue::InstanceOf(operand, _) => {
                self.operand(operand);
            }
            Rvalue::Load(place) | Rvalue::AddrOf(place) => {
                if self.body.places.get(*place).is_none() {
                    self.fault(format!("place {} out of range", place.index()));
                }
            }
            Rvalue::Binary(_, left, right) => {
                self.operand(left);
                self.operand(right);
            }
            Rvalue::NewArray(_, operands) | Rvalue::ArrayLit(_, operands) => self.operands(operands),
            Rvalue::Lambda(function, captured) => {
                self.function(*function);
                for local in captured {
                    self.local(*local);
                }
            }
            Rvalue::MethodRef { receiver, .. } => {
                if let Some(receiver) = receiver {
                    self.operand(receiver);
                }
            }
            Rvalue::SizeOf(_) | Rvalue::Opaque => {}
        }
    }

    fn calls_and_places(&mut self) {
        for call in &self.body.calls {
            if let Some(receiver) = &call.receiver {
                self.operand(receiver);
            }
            self.operands(&call.args);
            if call.args.len() != call.arg_spans.len() {
                self.fault("a call with other than one span an argument".to_owned());
            }
            if let Some(dst) = call.dst {
                self.local(dst);
            }
            if let Callee::Value(operand) = &call.callee {
                self.operand(operand);
            }
        }
        for place in &self.body.places {
            if let PlaceBase::Local(local) = place.base {
                self.local(local);
            }
            for proj in &place.proj {
                if let Proj::Index(operand) = proj {
                    self.operand(operand);
                }
            }
        }
    }

    /// Blocks that control may get to from the entry.
    fn reachable(&self) -> Vec<bool> {
        let mut seen = vec![false; self.body.blocks.len()];
        let mut work = vec![BlockId::from_raw(0)];
        while let Some(id) = work.pop() {
            let (Some(mark), Some(block)) = (seen.get_mut(id.index()), self.body.blocks.get(id)) else { continue };
            if !std::mem::replace(mark, true) {
                work.extend(block.term.successors().into_iter().chain(block.unwind));
            }
        }
        seen
    }

    /// Within a reachable block, no temporary is read before the same block assigns it for the first time, unless another
    /// block assigns it too.
    fn temporaries(&mut self) {
        let mut first: Vec<Option<u32>> = vec![None; self.body.locals.len()];
        let mut owner: Vec<Option<BlockId>> = vec![None; self.body.locals.len()];
        let mut many = vec![false; self.body.locals.len()];
        for (id, block) in self.body.blocks.iter_enumerated() {
            for at in block.start..block.end {
                if let Some(local) = self.body.stmts.get(at as usize).and_then(|stmt| written(self.body, &stmt.kind)) {
                    let index = local.index();
                    many[index] |= owner[index].is_some_and(|known| known != id);
                    owner[index].get_or_insert(id);
                    first[index].get_or_insert(at);
                }
            }
            if let Terminator::Catch { exception, .. } = block.term {
                many[exception.index()] = true;
            }
        }
        let reachable = self.reachable();
        for (id, block) in self.body.blocks.iter_enumerated() {
            if !reachable.get(id.index()).copied().unwrap_or(false) {
                // What stands behind a jump out of an expression never runs.
                continue;
            }
            for at in block.start..block.end {
                let Some(stmt) = self.body.stmts.get(at as usize) else { continue };
                for local in read(self.body, &stmt.kind) {
                    let index = local.index();
                    if self.body.locals[local].kind != LocalKind::Temp || many[index] {
                        continue;
                    }
                    let early = owner[index] == Some(id) && first[index].is_some_and(|first| first >= at);
                    if early || owner[index].is_none() {
                        self.faults.push(format!("temporary _{index} is read at statement {at} and not assigned before"));
                    }
                }
            }
        }
    }
}

/// The local a statement writes.
fn written(body: &Body, stmt: &StmtKind) -> Option<LocalId> {
    match stmt {
        StmtKind::Assign(local, _) => Some(*local),
        StmtKind::Call(call) => body.calls.get(*call).and_then(|call| call.dst),
        _ => None,
    }
}

/// The locals a statement reads.
fn read(body: &Body, stmt: &StmtKind) -> Vec<LocalId> {
    let mut locals = Vec::new();
    let place = |id: super::PlaceId, locals: &mut Vec<LocalId>| {
        let Some(place) = body.places.get(id) else { return };
        if let PlaceBase::Local(local) = place.base {
            locals.push(local);
        }
        locals.extend(place.proj.iter().filter_map(|proj| match proj {
            Proj::Index(operand) => operand.local(),
            _ => None,
        }));
    };
    match stmt {
        StmtKind::Assign(_, rvalue) => match rvalue {
            Rvalue::Use(a) | Rvalue::Unary(_, a) | Rvalue::Cast(_, a) | Rvalue::InstanceOf(a, _) => locals.extend(a.local()),
            Rvalue::Load(id) => place(*id, &mut locals),
            Rvalue::Binary(_, a, b) => locals.extend(a.local().into_iter().chain(b.local())),
            Rvalue::NewArray(_, operands) | Rvalue::ArrayLit(_, operands) => {
                locals.extend(operands.iter().filter_map(Operand::local))
            }
            Rvalue::Lambda(_, captured) => locals.extend(captured.iter().copied()),
            Rvalue::MethodRef { receiver, .. } => locals.extend(receiver.as_ref().and_then(Operand::local)),
            Rvalue::AddrOf(_) | Rvalue::SizeOf(_) | Rvalue::Opaque => {}
        },
        StmtKind::Store(id, operand) => {
            place(*id, &mut locals);
            locals.extend(operand.local());
        }
        StmtKind::Call(call) => {
            if let Some(call) = body.calls.get(*call) {
                locals.extend(call.receiver.as_ref().and_then(Operand::local));
                locals.extend(call.args.iter().filter_map(Operand::local));
            }
        }
        StmtKind::MonitorEnter(operand) | StmtKind::MonitorExit(operand) => locals.extend(operand.local()),
        StmtKind::Dead(_) | StmtKind::Opaque => {}
    }
    locals
}
