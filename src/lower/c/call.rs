//! Calls, inline assembly, and the forms that preprocessing makes of extensions. Must not know statements.

use super::expr::{Val, bare};
use super::kinds::{Kind, field, kind};
use super::stmt::FnCx;
use super::types::{char_pointer, decayed, int, pointer};
use crate::ir::{Call, CallKind, Callee, Const, LocalId, Operand, StmtKind, Ty, TyId};
use crate::syntax::Node;

/// Result types of the library functions whose value's type decides how it is read; the rest is in the models.
fn library_result(name: &str) -> TyId {
    match name {
        "malloc" | "calloc" | "realloc" | "alloca" | "memcpy" | "memmove" | "memset" | "memchr" | "mmap" | "reallocarray"
        | "__builtin_alloca" | "aligned_alloc" | "memdup" => pointer(TyId::VOID),
        "strcpy" | "strncpy" | "strcat" | "strncat" | "strchr" | "strrchr" | "strstr" | "strdup" | "strndup" | "strtok"
        | "getenv" | "fgets" | "gets" | "strerror" | "getcwd" | "realpath" | "strpbrk" | "secure_getenv" => char_pointer(),
        "strlen" | "strnlen" | "fread" | "fwrite" | "strspn" | "strcspn" | "wcslen" | "__builtin_strlen" => int(64, false),
        "read" | "write" | "recv" | "send" | "recvfrom" | "sendto" | "getline" | "readlink" | "pread" | "pwrite" => TyId::LONG,
        "strtol" | "atol" | "ftell" | "strtoll" | "atoll" | "lseek" => TyId::LONG,
        "strtoul" | "strtoull" => int(64, false),
        "strcmp" | "strncmp" | "memcmp" | "strcasecmp" | "strncasecmp" | "atoi" | "rand" | "open" | "close" | "socket"
        | "printf" | "fprintf" | "snprintf" | "sprintf" | "vsnprintf" | "scanf" | "sscanf" | "fscanf" | "getchar" | "fgetc"
        | "getc" | "putchar" | "puts" | "fclose" | "fputs" | "fputc" | "fseek" | "abs" | "isdigit" | "isalpha" | "isspace"
        | "tolower" | "toupper" | "system" | "remove" | "unlink" | "accept" | "bind" | "listen" | "connect" | "dup" | "dup2"
        | "pipe" | "stat" | "fstat" | "chmod" | "chdir" => TyId::INT,
        _ => TyId::UNKNOWN,
    }
}

impl<'t> FnCx<'_, '_, 't> {
    /// `(name)(value)` where nothing in view says that the name is a function's or a variable's: a cast, which the grammar
    /// cannot tell from a call.
    fn hidden_cast(&self, written: Node<'t>, function: Node<'t>, arguments: Option<Node<'t>>) -> Option<(TyId, Node<'t>)> {
        if kind(written) != Kind::ParenthesizedExpression || kind(function) != Kind::Identifier {
            return None;
        }
        let mut given = arguments?.named_children().filter(|argument| kind(*argument) != Kind::Comment);
        let argument = given.next().filter(|_| given.next().is_none())?;
        let name = self.low.symbol(function);
        let is_value = self.low.scopes.get(name).is_some()
            || self.low.globals.contains_key(&name)
            || self.low.functions.contains_key(&name)
            || library_result(name.as_str()) != TyId::UNKNOWN;
        (!is_value).then(|| (self.low.named(name), argument))
    }

    /// A call. `into`: the variable that takes the result, and its type, where no conversion is needed.
    pub(super) fn call(&mut self, node: Node<'t>, into: Option<(LocalId, TyId)>, used: bool) -> Val {
        let Some(written) = field::function(node) else { return Val::unknown() };
        let function = bare(written);
        let arguments = field::arguments(node);
        if let Some((ty, argument)) = self.hidden_cast(written, function, arguments) {
            return self.cast_to(ty, argument, node);
        }
        let span = self.span(node);
        let mut name = None;
        if kind(function) == Kind::Identifier {
            let symbol = self.low.symbol(function);
            if let Some(value) = self.special(symbol.as_str(), node, arguments) {
                return value;
            }
            let known = self.low.scopes.get(symbol).is_some()
                || (self.low.globals.contains_key(&symbol) && !self.low.functions.contains_key(&symbol));
            if !known {
                name = Some(symbol);
            }
        }
        let name_span = self.span(function);
        let (callee, call_kind, ret) = match name {
            Some(name) => {
                let ret = match self.low.functions.get(&name).map(|ty| ty.get()) {
                    Some(Ty::Func { ret, .. }) => *ret,
                    _ => library_result(name.as_str()),
                };
                (Callee::Function(name), CallKind::Static, ret)
            }
            None => {
                let function = strip_deref(self, function);
                let value = self.expr(function);
                let ret = match pointee(value.ty).get() {
                    Ty::Func { ret, .. } => *ret,
                    _ => TyId::UNKNOWN,
                };
                match value.op {
                    Operand::Const(Const::Func(name)) => (Callee::Function(name), CallKind::Static, ret),
                    op => (Callee::Value(op), CallKind::Indirect, ret),
                }
            }
        };
        let mut args = Vec::new();
        let mut arg_spans = Vec::new();
        if let Some(arguments) = arguments {
            for argument in arguments.named_children() {
                if kind(argument) == Kind::Comment {
                    continue;
                }
                args.push(self.expr(argument).op);
                arg_spans.push(self.span(argument));
            }
        }
        let dst = match into {
            Some((local, ty)) if ty == ret || ret == TyId::UNKNOWN => Some(local),
            _ if used && ret != TyId::VOID => Some(self.b.temp(ret, span)),
            _ => None,
        };
        let ty = match into {
            Some((local, ty)) if dst == Some(local) => ty,
            _ => ret,
        };
        let call = Call {
            callee,
            receiver: None,
            args: args.into_boxed_slice(),
            arg_spans: arg_spans.into_boxed_slice(),
            dst,
            kind: call_kind,
            name_span,
        };
        self.b.call(call, span);
        match dst {
            Some(local) => Val { op: Operand::Local(local), ty },
            None => Val { op: Operand::Const(Const::Unknown), ty },
        }
    }

    /// Builtins and the forms that preprocessing makes of what the grammar does not know.
    fn special(&mut self, name: &str, node: Node<'t>, arguments: Option<Node<'t>>) -> Option<Val> {
        let nth = |index: u32| arguments.and_then(|arguments| arguments.named_child(index));
        match name {
            "__builtin_expect" | "likely" | "unlikely" | "__builtin_assume_aligned" => nth(0).map(|value| self.expr(value)),
            "__label_address" => {
                let label = nth(0)?;
                let label = self.low.symbol(label);
                self.label_address(label);
                Some(Val { op: Operand::Const(Const::Unknown), ty: pointer(TyId::VOID) })
            }
            "__computed_goto" => {
                if let Some(value) = nth(0) {
                    self.effect(value);
                }
                self.computed_goto(node);
                Some(Val::unknown())
            }
            "__builtin_unreachable" | "__builtin_trap" | "unreachable"
                if arguments.is_some_and(|arguments| arguments.named_child_count() == 0) =>
            {
                let span = self.span(node);
                self.b.terminate(crate::ir::Terminator::Unreachable, span);
                Some(Val::unknown())
            }
            "__builtin_constant_p" => Some(Val { op: Operand::Const(Const::Unknown), ty: TyId::INT }),
            "__builtin_offsetof" => Some(Val { op: Operand::Const(Const::Unknown), ty: int(64, false) }),
            "__builtin_choose_expr" => match nth(0).and_then(|cond| self.low.constant(cond)) {
                Some(0) => nth(2).map(|value| self.expr(value)),
                _ => nth(1).map(|value| self.expr(value)),
            },
            _ => None,
        }
    }

    /// `asm`: opaque; what it writes is unknown from there on.
    pub(super) fn assembly(&mut self, node: Node<'t>) -> Val {
        let span = self.span(node);
        let mut outputs = Vec::new();
        if let Some(list) = field::output_operands(node) {
            for output in list.named_children() {
                if kind(output) == Kind::AsmOutput
                    && let Some(value) = field::value(output)
                {
                    outputs.push(self.lvalue(value));
                }
            }
        }
        self.b.push(StmtKind::Opaque, span);
        for output in outputs {
            self.store(output, Val::unknown(), span);
        }
        Val::unknown()
    }
}

/// `(*f)(…)` calls `f`.
fn strip_deref<'t>(cx: &FnCx<'_, '_, 't>, node: Node<'t>) -> Node<'t> {
    let mut node = bare(node);
    while kind(node) == Kind::PointerExpression && field::operator(node).is_some_and(|operator| cx.low.text(operator) == "*") {
        // `(*table[i])(…)` on an array of pointers still reads the element; the pointer itself is what is called.
        match field::argument(node).map(bare) {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

fn pointee(ty: TyId) -> TyId {
    match decayed(ty).get() {
        Ty::Pointer(inner) => *inner,
        _ => ty,
    }
}
