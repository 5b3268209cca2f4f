//! The IR as text, for `haechi dump` and snapshots: stable, one statement a line. Must not know source texts.

use std::fmt::Write as _;

use super::{
    AnnotationUse, AnnotationValue, BlockId, Body, Call, Callee, Const, Function, LocalId, LocalKind, Operand, Place, PlaceBase,
    Proj, Rvalue, StmtKind, Terminator, TypeDecl, Unit,
};

/// A unit: types, globals, functions with their bodies.
#[must_use]
pub fn unit_text(unit: &Unit) -> String {
    let mut out = String::new();
    if let Some(package) = unit.package {
        let _ = writeln!(out, "package {package}");
    }
    for import in &unit.imports {
        let star = if import.wildcard { ".*" } else { "" };
        let is_static = if import.is_static { "static " } else { "" };
        let _ = writeln!(out, "import {is_static}{}{star}", import.name);
    }
    for ty in &unit.types {
        type_text(&mut out, ty);
    }
    for global in &unit.globals {
        let init = global.init.map_or_else(String::new, |init| format!(" = {}", constant(&init)));
        let _ = writeln!(out, "global {}: {}{init} {}", global.name, global.ty, modifiers(global.modifiers));
    }
    for (index, function) in unit.functions.iter_enumerated() {
        let _ = writeln!(out, "\n#{} {}", index.index(), signature(unit, function));
        if let Some(body) = function.body() {
            body_text(&mut out, &body);
        }
    }
    out
}

fn type_text(out: &mut String, ty: &TypeDecl) {
    let _ = write!(out, "type {} ({:?}) {}", ty.name, ty.kind, modifiers(ty.modifiers));
    for (word, types) in [("extends", &ty.extends), ("implements", &ty.implements)] {
        if !types.is_empty() {
            let names: Vec<String> = types.iter().map(ToString::to_string).collect();
            let _ = write!(out, " {word} {}", names.join(", "));
        }
    }
    out.push_str(&annotations(&ty.annotations));
    trim(out);
    for field in &ty.fields {
        let init = field.init.map_or_else(String::new, |init| format!(" = {}", constant(&init)));
        let bits = field.bit_width.map_or_else(String::new, |bits| format!(" :{bits}"));
        let _ = write!(out, "  {}: {}{bits}{init} {}", field.name, field.ty, modifiers(field.modifiers));
        out.push_str(&annotations(&field.annotations));
        trim(out);
    }
}

/// Ends a line without blanks before its end.
fn trim(out: &mut String) {
    out.truncate(out.trim_end().len());
    out.push('\n');
}

fn modifiers(modifiers: super::Modifiers) -> String {
    modifiers.iter_names().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>().join(" ")
}

fn annotations(annotations: &[AnnotationUse]) -> String {
    annotations.iter().map(|annotation| format!(" @{}", annotation_text(annotation))).collect()
}

fn annotation_text(annotation: &AnnotationUse) -> String {
    if annotation.args.is_empty() {
        return annotation.name.to_string();
    }
    let args: Vec<String> = annotation.args.iter().map(|(name, value)| format!("{name} = {}", annotation_value(value))).collect();
    format!("{}({})", annotation.name, args.join(", "))
}

fn annotation_value(value: &AnnotationValue) -> String {
    match value {
        AnnotationValue::Const(value) => constant(value),
        AnnotationValue::Name(name) => name.to_string(),
        AnnotationValue::List(values) => format!("{{{}}}", values.iter().map(annotation_value).collect::<Vec<_>>().join(", ")),
        AnnotationValue::Nested(annotation) => format!("@{}", annotation_text(annotation)),
        AnnotationValue::Other => "?".to_owned(),
    }
}

/// `fn kr.shop.Dao.find(int32, …) -> …`.
fn signature(unit: &Unit, function: &Function) -> String {
    let owner = function.owner.and_then(|owner| unit.types.get(owner)).map_or_else(String::new, |ty| format!("{}.", ty.name));
    let params: Vec<String> =
        function.params.iter().map(|param| format!("{}: {}{}", param.name, param.ty, annotations(&param.annotations))).collect();
    let mut text = format!("fn {owner}{}({}) -> {}", function.name, params.join(", "), function.ret);
    let words = modifiers(function.modifiers);
    if !words.is_empty() {
        let _ = write!(text, " {words}");
    }
    if !function.throws.is_empty() {
        let _ = write!(text, " throws {}", function.throws.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    }
    text + &annotations(&function.annotations)
}

fn body_text(out: &mut String, body: &Body) {
    for (id, local) in body.locals.iter_enumerated() {
        if local.kind != LocalKind::Temp {
            let _ = writeln!(out, "  {}: {} ({:?})", self::local(body, id), local.ty, local.kind);
        }
    }
    for (id, block) in body.blocks.iter_enumerated() {
        let unwind = block.unwind.map_or_else(String::new, |unwind| format!(" unwind bb{}", unwind.index()));
        let _ = writeln!(out, "  bb{}:{unwind}", id.index());
        for line in block_lines(body, id) {
            let _ = writeln!(out, "    {line}");
        }
    }
    if body.broken {
        out.push_str("  (has a region that does not parse)\n");
    }
}

/// The statements of a block and its end, a line each.
#[must_use]
pub fn block_lines(body: &Body, block: BlockId) -> Vec<String> {
    let statements = body.stmts_of(block).iter().map(|stmt| statement(body, &stmt.kind));
    statements.chain([terminator(body, &body.blocks[block].term)]).collect()
}

fn local(body: &Body, id: LocalId) -> String {
    match body.locals.get(id).and_then(|local| local.name) {
        Some(name) => format!("{name}_{}", id.index()),
        None => format!("_{}", id.index()),
    }
}

fn operand(body: &Body, value: &Operand) -> String {
    match value {
        Operand::Local(id) => local(body, *id),
        Operand::Const(value) => constant(value),
    }
}

fn operands(body: &Body, values: &[Operand]) -> String {
    values.iter().map(|value| operand(body, value)).collect::<Vec<_>>().join(", ")
}

fn constant(value: &Const) -> String {
    match value {
        Const::Null => "null".to_owned(),
        Const::Bool(value) => value.to_string(),
        Const::Int(value, ty) => format!("{}{ty}", value.get()),
        Const::Char(unit) => char::from_u32(*unit).map_or_else(|| format!("'\\u{unit:04x}'"), |c| format!("{c:?}")),
        Const::Float(bits) => format!("{:?}", f64::from_bits(*bits)),
        Const::Str(text) => format!("{:?}", text.as_str()),
        Const::Class(ty) => format!("{ty}.class"),
        Const::Func(name) => format!("&{name}()"),
        Const::Unknown => "?".to_owned(),
    }
}

fn place(body: &Body, place: &Place) -> String {
    let mut text = match place.base {
        PlaceBase::Local(id) => local(body, id),
        PlaceBase::Static(ty) => format!("static {ty}"),
        PlaceBase::Global(name) => format!("global {name}"),
        PlaceBase::Inherited => "inherited".to_owned(),
    };
    for step in &place.proj {
        match step {
            Proj::Field(name) => {
                let _ = write!(text, ".{name}");
            }
            Proj::Index(index) => {
                let _ = write!(text, "[{}]", operand(body, index));
            }
            Proj::Deref => text = format!("(*{text})"),
        }
    }
    text
}

fn statement(body: &Body, stmt: &StmtKind) -> String {
    match stmt {
        StmtKind::Assign(to, value) => format!("{} = {}", local(body, *to), rvalue(body, value)),
        StmtKind::Store(to, value) => {
            let to = body.places.get(*to).map_or_else(|| "?".to_owned(), |to| place(body, to));
            format!("{to} := {}", operand(body, value))
        }
        StmtKind::Call(id) => body.calls.get(*id).map_or_else(|| "call ?".to_owned(), |call| call_text(body, call)),
        StmtKind::MonitorEnter(value) => format!("enter {}", operand(body, value)),
        StmtKind::MonitorExit(value) => format!("exit {}", operand(body, value)),
        StmtKind::Dead(id) => format!("dead {}", local(body, *id)),
        StmtKind::Opaque => "opaque".to_owned(),
    }
}

fn call_text(body: &Body, call: &Call) -> String {
    let to = call.dst.map_or_else(String::new, |to| format!("{} = ", local(body, to)));
    let receiver = call.receiver.as_ref().map_or_else(String::new, |receiver| format!("{}.", operand(body, receiver)));
    let callee = match &call.callee {
        Callee::Method { name, owner } if *owner == super::TyId::UNKNOWN => name.to_string(),
        Callee::Method { name, owner } => format!("<{owner}>{name}"),
        Callee::Constructor(ty) => format!("<{ty}><init>"),
        Callee::Function(name) => name.to_string(),
        Callee::Value(value) => format!("(*{})", operand(body, value)),
    };
    format!("{to}call {:?} {receiver}{callee}({})", call.kind, operands(body, &call.args)).replacen("call Virtual ", "call ", 1)
}

fn rvalue(body: &Body, value: &Rvalue) -> String {
    let at = |id| body.places.get(id).map_or_else(|| "?".to_owned(), |found| place(body, found));
    match value {
        Rvalue::Use(value) => operand(body, value),
        Rvalue::Load(id) => format!("load {}", at(*id)),
        Rvalue::AddrOf(id) => format!("&{}", at(*id)),
        Rvalue::Unary(op, value) => format!("{op:?}({})", operand(body, value)),
        Rvalue::Binary(op, left, right) => format!("{op:?}({}, {})", operand(body, left), operand(body, right)),
        Rvalue::Cast(ty, value) => format!("{} as {ty}", operand(body, value)),
        Rvalue::InstanceOf(value, ty) => format!("{} instanceof {ty}", operand(body, value)),
        Rvalue::NewArray(ty, sizes) => format!("new {ty}[{}]", operands(body, sizes)),
        Rvalue::ArrayLit(ty, values) => format!("{ty}{{{}}}", operands(body, values)),
        Rvalue::Lambda(function, captured) => {
            let captured: Vec<String> = captured.iter().map(|id| local(body, *id)).collect();
            format!("lambda #{} [{}]", function.index(), captured.join(", "))
        }
        Rvalue::MethodRef { ty, receiver, name } => {
            let of = receiver.as_ref().map_or_else(|| ty.to_string(), |receiver| operand(body, receiver));
            format!("{of}::{name}")
        }
        Rvalue::SizeOf(ty) => format!("sizeof {ty}"),
        Rvalue::Opaque => "opaque".to_owned(),
    }
}

fn terminator(body: &Body, term: &Terminator) -> String {
    match term {
        Terminator::Goto(to) => format!("goto bb{}", to.index()),
        Terminator::If { cond, then, els } => {
            format!("if {} bb{} else bb{}", operand(body, cond), then.index(), els.index())
        }
        Terminator::Switch { value, arms, default } => {
            let arms: Vec<String> = arms.iter().map(|(value, to)| format!("{} => bb{}", constant(value), to.index())).collect();
            format!("switch {} {{{}; _ => bb{}}}", operand(body, value), arms.join("; "), default.index())
        }
        Terminator::Return(None) => "return".to_owned(),
        Terminator::Return(Some(value)) => format!("return {}", operand(body, value)),
        Terminator::Throw(value) => format!("throw {}", operand(body, value)),
        Terminator::Catch { exception, arms, otherwise } => {
            let arms: Vec<String> = arms
                .iter()
                .map(|arm| {
                    let types: Vec<String> = arm.types.iter().map(ToString::to_string).collect();
                    format!("{} => bb{}", types.join(" | "), arm.target.index())
                })
                .collect();
            let rest = otherwise.map_or_else(String::new, |to| format!("; _ => bb{}", to.index()));
            format!("catch {} {{{}{rest}}}", local(body, *exception), arms.join("; "))
        }
        Terminator::Unreachable => "unreachable".to_owned(),
    }
}
