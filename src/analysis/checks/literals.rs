//! Passwords, accounts, keys and salts written in Java source: constants that reach a library's parameter, a variable
//! named for a password, or a comparison with one. Must not know data flow between functions.

use super::facts::{Facts, callee_name, text};
use super::{Checker, Subject, fields, names};
use crate::base::{Span, Symbol};
use crate::ir::{Call, CallId, Const, FuncKind, Operand, Place, PlaceBase, Proj, Rvalue, StmtKind, TyId};
use crate::rules::CheckKind;

/// A parameter of a library that takes a secret.
struct Slot {
    types: &'static [&'static str],
    names: &'static [&'static str],
    arity: Option<usize>,
    arg: usize,
    check: CheckKind,
}

const fn slot(
    types: &'static [&'static str],
    names: &'static [&'static str],
    arity: Option<usize>,
    arg: usize,
    check: CheckKind,
) -> Slot {
    Slot { types, names, arity, arg, check }
}

const SLOTS: &[Slot] = &[
    slot(&["java.sql.DriverManager"], &["getConnection"], Some(3), 2, CheckKind::HardCodedPassword),
    slot(&["java.sql.DriverManager"], &["getConnection"], Some(3), 1, CheckKind::HardCodedAccount),
    slot(&["javax.sql.DataSource"], &["getConnection"], Some(2), 1, CheckKind::HardCodedPassword),
    slot(&["javax.sql.DataSource"], &["getConnection"], Some(2), 0, CheckKind::HardCodedAccount),
    slot(
        &["java.net.PasswordAuthentication", "javax.mail.PasswordAuthentication"],
        &["<init>"],
        Some(2),
        1,
        CheckKind::HardCodedPassword,
    ),
    slot(
        &["java.net.PasswordAuthentication", "javax.mail.PasswordAuthentication"],
        &["<init>"],
        Some(2),
        0,
        CheckKind::HardCodedAccount,
    ),
    slot(&["javax.crypto.spec.PBEKeySpec"], &["<init>"], None, 0, CheckKind::HardCodedPassword),
    slot(&["java.security.KeyStore"], &["load", "getKey"], Some(2), 1, CheckKind::HardCodedPassword),
    slot(&["java.security.KeyStore"], &["store"], Some(2), 1, CheckKind::HardCodedPassword),
    slot(&["javax.security.auth.kerberos.KerberosKey"], &["<init>"], None, 1, CheckKind::HardCodedPassword),
    slot(&["org.apache.commons.net.ftp.FTPClient"], &["login"], Some(2), 1, CheckKind::HardCodedPassword),
    slot(&["org.apache.commons.net.ftp.FTPClient"], &["login"], Some(2), 0, CheckKind::HardCodedAccount),
    slot(&["com.jcraft.jsch.Session"], &["setPassword"], Some(1), 0, CheckKind::HardCodedPassword),
    slot(
        &[
            "org.apache.commons.dbcp.BasicDataSource",
            "org.apache.commons.dbcp2.BasicDataSource",
            "com.zaxxer.hikari.HikariConfig",
            "org.springframework.jdbc.datasource.DriverManagerDataSource",
        ],
        &["setPassword"],
        Some(1),
        0,
        CheckKind::HardCodedPassword,
    ),
    slot(
        &[
            "org.apache.commons.dbcp.BasicDataSource",
            "org.apache.commons.dbcp2.BasicDataSource",
            "com.zaxxer.hikari.HikariConfig",
            "org.springframework.jdbc.datasource.DriverManagerDataSource",
        ],
        &["setUsername"],
        Some(1),
        0,
        CheckKind::HardCodedAccount,
    ),
    slot(&["javax.crypto.spec.SecretKeySpec"], &["<init>"], None, 0, CheckKind::HardCodedKey),
    slot(&["javax.crypto.spec.DESKeySpec", "javax.crypto.spec.DESedeKeySpec"], &["<init>"], None, 0, CheckKind::HardCodedKey),
    slot(&["io.jsonwebtoken.JwtBuilder"], &["signWith"], Some(2), 1, CheckKind::HardCodedKey),
    slot(
        &["io.jsonwebtoken.JwtParser", "io.jsonwebtoken.JwtParserBuilder"],
        &["setSigningKey"],
        Some(1),
        0,
        CheckKind::HardCodedKey,
    ),
    slot(&["com.auth0.jwt.algorithms.Algorithm"], &["HMAC256", "HMAC384", "HMAC512"], Some(1), 0, CheckKind::HardCodedKey),
    slot(&["io.jsonwebtoken.security.Keys"], &["hmacShaKeyFor"], Some(1), 0, CheckKind::HardCodedKey),
    slot(&["javax.crypto.spec.PBEKeySpec"], &["<init>"], None, 1, CheckKind::HardCodedSalt),
    slot(&["javax.crypto.spec.PBEParameterSpec"], &["<init>"], None, 0, CheckKind::HardCodedSalt),
    slot(&["java.security.MessageDigest"], &["update"], Some(1), 0, CheckKind::HardCodedSalt),
];

/// Conversions that keep a constant one.
const CONVERSIONS: &[&str] = &[
    "getBytes",
    "toCharArray",
    "toString",
    "trim",
    "valueOf",
    "decode",
    "decodeHex",
    "parseBase64Binary",
    "parseHexBinary",
    "<init>",
];

/// How many fields and conversions deep a constant is followed.
const MAX_DEPTH: usize = 6;

impl<'a> Checker<'a> {
    pub(super) fn check_literals(&mut self, subject: &Subject<'a>) {
        for (id, call, span) in subject.facts.calls() {
            let Some(name) = callee_name(call) else { continue };
            let slots = SLOTS.iter().filter(|slot| slot.names.contains(&name));
            for slot in slots.filter(|slot| slot.arity.is_none_or(|arity| arity == call.args.len())) {
                self.slot(subject, slot, id, call);
            }
            if name == "equals" && call.args.len() == 1 {
                self.compared_password(subject, call, span);
            }
        }
        if subject.function.kind != FuncKind::StaticInit {
            self.assigned_password(subject);
        }
    }

    fn slot(&mut self, subject: &Subject<'a>, slot: &Slot, id: CallId, call: &Call) {
        let owner = subject.facts.target(id).and_then(|target| target.owner);
        if !owner.is_some_and(|owner| self.is_any(owner, slot.types)) {
            return;
        }
        let Some((arg, span)) = call.args.get(slot.arg).zip(call.arg_spans.get(slot.arg)) else { return };
        self.examine(slot.check);
        // A password that is hashed is no salt.
        let hashed =
            slot.check == CheckKind::HardCodedSalt && slot.names.contains(&"update") && self.is_password_value(subject, arg);
        if !hashed && self.is_constant(&subject.facts, arg, 0) {
            self.report_named(slot.check, *span, Some(subject.id), callee_name(call).unwrap_or_default());
        }
    }

    /// Whether a value is written in the source and not empty.
    fn is_constant(&self, facts: &Facts<'a>, operand: &Operand, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let origin = facts.origin(operand);
        if let Some(text) = text(&origin) {
            return !text.is_empty() && !text.starts_with("${");
        }
        let Some(stmt) = facts.source(&origin) else { return self.is_constant_variable(facts, &origin, depth) };
        match &stmt.kind {
            StmtKind::Assign(_, Rvalue::ArrayLit(_, items)) => {
                !items.is_empty() && items.iter().all(|item| is_number(facts, item))
            }
            StmtKind::Assign(_, Rvalue::Load(place)) => {
                facts.body.places.get(*place).is_some_and(|place| self.is_constant_field(facts, place, depth))
            }
            StmtKind::Call(call) => {
                let Some(call) = facts.body.calls.get(*call) else { return false };
                if !callee_name(call).is_some_and(|name| CONVERSIONS.contains(&name)) {
                    return false;
                }
                let is_text = |operand: &Operand| self.is_constant(facts, operand, depth + 1);
                let by_receiver = matches!(callee_name(call), Some("getBytes" | "toCharArray" | "toString" | "trim"));
                let from = if by_receiver { call.receiver.as_ref() } else { call.args.first() };
                from.is_some_and(is_text)
            }
            _ => false,
        }
    }

    /// Whether a variable is only ever given constants, and some that are not empty.
    fn is_constant_variable(&self, facts: &Facts<'a>, variable: &Operand, depth: usize) -> bool {
        let Some(values) = variable.local().and_then(|local| facts.assigned(local)) else { return false };
        let mut found = false;
        for value in values {
            let Rvalue::Use(value) = value else { return false };
            match value {
                Operand::Const(Const::Null) => {}
                Operand::Const(Const::Str(text)) if text.as_str().is_empty() => {}
                other if self.is_constant(facts, other, depth + 1) => found = true,
                _ => return false,
            }
        }
        found
    }

    fn is_constant_field(&self, facts: &Facts<'a>, place: &Place, depth: usize) -> bool {
        let [Proj::Field(field)] = place.proj.as_slice() else { return false };
        let class = match place.base {
            PlaceBase::Static(ty) => ty.name().and_then(|name| self.program.resolve_name(self.unit, name, self.models)),
            PlaceBase::Local(local) => facts.class(&Operand::Local(local)),
            PlaceBase::Global(_) | PlaceBase::Inherited => None,
        };
        let Some(class) = class else { return false };
        match self.program.constant_fields.get(&(class, *field)) {
            Some(Const::Str(text)) => return !text.as_str().is_empty() && !text.as_str().starts_with("${"),
            Some(_) => return false,
            None => {}
        }
        // A final field with a computed initializer: bytes of a text, an array.
        let Some(class) = self.program.class(class) else { return false };
        let class = &self.program.classes[class];
        let unit = &self.program.units[class.unit];
        let Some(decl) = unit.types.get(class.decl) else { return false };
        let is_final = decl.fields.iter().any(|own| own.name == *field && own.modifiers.contains(crate::ir::Modifiers::FINAL));
        is_final
            && decl.functions.iter().any(|func| {
                let Some(function) = unit.functions.get(*func) else { return false };
                let (FuncKind::StaticInit | FuncKind::FieldInit, Some(body)) = (function.kind, function.body()) else {
                    return false;
                };
                let id = self.program.func_id(class.unit, *func);
                let facts = Facts::new(&body, &self.program.types[id]);
                fields::stored(&facts, *field).is_some_and(|value| self.is_constant(&facts, &value, depth + 1))
            })
    }

    /// `"literal".equals(password)`, both ways round.
    fn compared_password(&mut self, subject: &Subject<'a>, call: &Call, span: Span) {
        let Some((a, b)) = call.receiver.as_ref().zip(call.args.first()) else { return };
        for (literal, variable) in [(a, b), (b, a)] {
            let named = subject.facts.name_of(variable).is_some_and(|name| names::is_password(name.as_str()));
            if !named || subject.facts.ty(variable) != TyId::STRING && subject.facts.ty(variable) != TyId::UNKNOWN {
                continue;
            }
            self.examine(CheckKind::HardCodedPassword);
            if text(literal).is_some_and(names::may_be_secret) {
                self.report_named(CheckKind::HardCodedPassword, span, Some(subject.id), "equals");
            }
        }
    }

    /// A variable named for a password that is given a literal.
    fn assigned_password(&mut self, subject: &Subject<'a>) {
        let facts = &subject.facts;
        for stmt in &facts.body.stmts {
            let (name, value) = match &stmt.kind {
                StmtKind::Assign(local, Rvalue::Use(value)) => (facts.body.locals.get(*local).and_then(|it| it.name), value),
                StmtKind::Store(place, value) => (facts.body.places.get(*place).and_then(last_field), value),
                _ => continue,
            };
            if !name.is_some_and(|name| names::is_password(name.as_str())) {
                continue;
            }
            self.examine(CheckKind::HardCodedPassword);
            if text(value).is_some_and(names::may_be_secret) {
                self.report_named(CheckKind::HardCodedPassword, stmt.span, Some(subject.id), "=");
            }
        }
    }

    /// Fields whose initializer is a literal password.
    pub(super) fn initial_passwords(&mut self) {
        for field in self.unit.types.iter().flat_map(|decl| &decl.fields) {
            if let Some(Const::Str(value)) = field.init
                && names::is_password(field.name.as_str())
            {
                self.examine(CheckKind::HardCodedPassword);
                if names::may_be_secret(value.as_str()) {
                    self.report_named(CheckKind::HardCodedPassword, field.span, None, field.name.as_str());
                }
            }
        }
    }
}

fn last_field(place: &Place) -> Option<Symbol> {
    match place.proj.last()? {
        Proj::Field(name) => Some(*name),
        _ => None,
    }
}

fn is_number(facts: &Facts<'_>, operand: &Operand) -> bool {
    let mut current = facts.origin(operand);
    // `-3` and `(byte) 0x80` are written numbers too.
    for _ in 0..4 {
        let Some(StmtKind::Assign(_, Rvalue::Unary(_, next))) = facts.source(&current).map(|stmt| &stmt.kind) else { break };
        current = facts.origin(next);
    }
    matches!(current, Operand::Const(Const::Int(..) | Const::Char(_)))
}
