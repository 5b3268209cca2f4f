//! Arrays that leave or enter an object without a copy. Must not know what is in them.

use super::{Checker, Subject, facts};
use crate::base::Symbol;
use crate::ir::{Field, FuncKind, LocalKind, Modifiers, Operand, StmtKind, Terminator, TypeDecl, TypeKind};
use crate::rules::CheckKind;

impl<'a> Checker<'a> {
    pub(super) fn check_arrays(&mut self, subject: &Subject<'a>) {
        let Some(owner) = subject.owner else { return };
        let open = subject.function.modifiers.contains(Modifiers::PUBLIC)
            && matches!(subject.function.kind, FuncKind::Method | FuncKind::Constructor)
            && matches!(owner.kind, TypeKind::Class | TypeKind::Enum)
            && !owner.modifiers.contains(Modifiers::PRIVATE);
        if open {
            self.returned_array(subject, owner);
            self.stored_array(subject, owner);
        }
    }

    fn returned_array(&mut self, subject: &Subject<'a>, owner: &TypeDecl) {
        if !facts::is_array(subject.function.ret) {
            return;
        }
        for block in &subject.facts.body.blocks {
            let Terminator::Return(Some(value)) = &block.term else { continue };
            self.examine(CheckKind::ReturnsInternalArray);
            let Some(place) = subject.facts.load_of(value) else { continue };
            let Some(field) = subject.facts.own_field(place).and_then(|name| private_array(owner, name)) else { continue };
            if !self.is_empty_array(owner, field.name) {
                self.report_named(CheckKind::ReturnsInternalArray, block.term_span, Some(subject.id), field.name.as_str());
            }
        }
    }

    fn stored_array(&mut self, subject: &Subject<'a>, owner: &TypeDecl) {
        for stmt in &subject.facts.body.stmts {
            let StmtKind::Store(place, value) = &stmt.kind else { continue };
            let Some(place) = subject.facts.body.places.get(*place) else { continue };
            let Some(field) = subject.facts.own_field(place).and_then(|name| private_array(owner, name)) else { continue };
            self.examine(CheckKind::StoresExternalArray);
            let Operand::Local(local) = subject.facts.origin(value) else { continue };
            let from_outside = subject.facts.body.locals.get(local).is_some_and(|local| local.kind == LocalKind::Param);
            let is_rest = subject.function.modifiers.contains(Modifiers::VARARGS)
                && subject.function.params.last().is_some_and(|param| param.local == local);
            if from_outside && !is_rest {
                self.report_named(CheckKind::StoresExternalArray, stmt.span, Some(subject.id), field.name.as_str());
            }
        }
    }
}

fn private_array(owner: &TypeDecl, name: Symbol) -> Option<&Field> {
    let field = owner.fields.iter().find(|field| field.name == name)?;
    (field.modifiers.contains(Modifiers::PRIVATE) && facts::is_array(field.ty)).then_some(field)
}
