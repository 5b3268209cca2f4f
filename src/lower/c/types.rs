//! Types of declarations: specifiers, declarators, layouts and constant expressions within one file.
//! Must not know statements.

use super::Lowering;
use super::kinds::{Kind, field, is_declarator, kind};
use crate::base::{Span, Symbol};
use crate::ir::{Const, Field, Modifiers, Ty, TyId, TypeDecl, TypeKind};
use crate::syntax::Node;

/// Nested types, declarators and constant expressions.
pub(super) const DEPTH_LIMIT: u32 = 100;
/// Declarators around one name.
const DECLARATOR_LIMIT: u32 = 200;

/// A declared name.
pub(super) struct Declared<'t> {
    pub(super) name: Option<Node<'t>>,
    pub(super) ty: TyId,
    /// The parameter list nearest to the name.
    pub(super) params: Option<Node<'t>>,
    /// Whether the length of an array is written out, known or not.
    pub(super) sized: bool,
}

/// `unsigned` or signed integer of a width.
pub(super) fn int(bits: u8, signed: bool) -> TyId {
    match (bits, signed) {
        (32, true) => TyId::INT,
        (64, true) => TyId::LONG,
        _ => TyId::new(Ty::Int { bits, signed }),
    }
}

/// A pointer to a type.
pub(super) fn pointer(to: TyId) -> TyId {
    TyId::new(Ty::Pointer(to))
}

/// `char *`.
pub(super) fn char_pointer() -> TyId {
    pointer(TyId::C_CHAR)
}

/// Typedefs of the system headers, which are not read: LP64 Linux, and Windows names whose width is fixed.
fn system_typedef(name: &str) -> Option<TyId> {
    Some(match name {
        "size_t" | "uintptr_t" | "uint64_t" | "u_int64_t" | "uintmax_t" | "uint_fast64_t" | "uint_least64_t" | "ulong"
        | "u64" | "__u64" | "__uint64_t" | "dev_t" | "ino_t" | "DWORD64" | "ULONG64" | "ULONGLONG" | "SIZE_T" | "UINT64"
        | "uint_fast32_t" | "uint_fast16_t" | "__be64" | "__le64" => int(64, false),
        "ssize_t" | "ptrdiff_t" | "intptr_t" | "int64_t" | "intmax_t" | "off_t" | "loff_t" | "off64_t" | "time_t" | "clock_t"
        | "suseconds_t" | "s64" | "__s64" | "__int64_t" | "__int64" | "LONGLONG" | "INT64" | "SSIZE_T" | "int_fast64_t"
        | "int_least64_t" | "int_fast32_t" | "int_fast16_t" => TyId::LONG,
        "uint32_t" | "u_int32_t" | "u_int" | "uint" | "uid_t" | "gid_t" | "mode_t" | "socklen_t" | "u32" | "__u32"
        | "__uint32_t" | "useconds_t" | "in_addr_t" | "UINT" | "UINT32" | "wint_t" | "uint_least32_t" | "char32_t" | "__be32"
        | "__le32" | "id_t" => int(32, false),
        "int32_t" | "pid_t" | "wchar_t" | "s32" | "__s32" | "__int32_t" | "key_t" | "INT" | "INT32" | "__int32"
        | "sig_atomic_t" | "int_least32_t" => TyId::INT,
        "uint16_t" | "u_int16_t" | "u_short" | "ushort" | "u16" | "__u16" | "in_port_t" | "sa_family_t" | "WORD" | "USHORT"
        | "UINT16" | "uint_least16_t" | "char16_t" | "__be16" | "__le16" => int(16, false),
        "int16_t" | "s16" | "__s16" | "INT16" | "int_least16_t" => int(16, true),
        "uint8_t" | "u_int8_t" | "u_char" | "uchar" | "u8" | "__u8" | "BYTE" | "UCHAR" | "UINT8" | "uint_fast8_t"
        | "uint_least8_t" => int(8, false),
        "int8_t" | "s8" | "__s8" | "INT8" | "int_fast8_t" | "int_least8_t" => int(8, true),
        "u_long" => int(64, false),
        "bool" | "_Bool" => TyId::BOOL,
        "__int128" | "__int128_t" | "__uint128_t" | "max_align_t" | "nullptr_t" => TyId::UNKNOWN,
        "char8_t" => int(8, false),
        "charptr_t" => char_pointer(),
        "float_t" | "_Float32" => TyId::new(Ty::Float { bits: 32 }),
        "double_t" | "_Float64" => TyId::new(Ty::Float { bits: 64 }),
        "long double" | "_Float128" | "__float128" => TyId::new(Ty::Float { bits: 128 }),
        _ => return None,
    })
}

impl<'t> Lowering<'_> {
    /// The type that the specifier child of a declaration names.
    pub(super) fn specifier_of(&mut self, decl: Node<'t>) -> TyId {
        field::r#type(decl).map_or(TyId::UNKNOWN, |node| self.specifier(node))
    }

    /// The type of a type specifier.
    pub(super) fn specifier(&mut self, node: Node<'t>) -> TyId {
        match kind(node) {
            Kind::PrimitiveType => self.primitive(node),
            Kind::SizedType => self.sized(node),
            Kind::TypeIdentifier | Kind::Identifier => self.named(self.symbol(node)),
            Kind::StructSpecifier => self.record(node, false),
            Kind::UnionSpecifier => self.record(node, true),
            Kind::EnumSpecifier => self.enumeration(node),
            Kind::MacroType => self.macro_type(node),
            _ => TyId::UNKNOWN,
        }
    }

    /// The type of `(T)`, `sizeof(T)` and so on.
    pub(super) fn descriptor(&mut self, node: Node<'t>) -> TyId {
        let base = self.specifier_of(node);
        match field::declarator(node) {
            Some(declarator) => self.declarator(declarator, base).ty,
            None => base,
        }
    }

    fn primitive(&self, node: Node<'_>) -> TyId {
        match self.text(node) {
            "int" => TyId::INT,
            "char" => TyId::C_CHAR,
            "void" => TyId::VOID,
            "float" => TyId::new(Ty::Float { bits: 32 }),
            "double" => TyId::new(Ty::Float { bits: 64 }),
            "bool" => TyId::BOOL,
            other => system_typedef(other).unwrap_or(TyId::UNKNOWN),
        }
    }

    fn sized(&self, node: Node<'_>) -> TyId {
        let (mut longs, mut short, mut unsigned, mut signed) = (0, false, false, false);
        let mut base = "int";
        for word in self.text(node).split_ascii_whitespace() {
            match word {
                "long" => longs += 1,
                "short" => short = true,
                "unsigned" => unsigned = true,
                "signed" => signed = true,
                "const" | "volatile" | "int" => {}
                other => base = other,
            }
        }
        match base {
            "char" if unsigned || signed => int(8, signed),
            "char" => TyId::C_CHAR,
            "double" => TyId::new(Ty::Float { bits: if longs > 0 { 128 } else { 64 } }),
            "int" if longs > 0 => int(64, !unsigned),
            "int" if short => int(16, !unsigned),
            "int" => int(32, !unsigned),
            // `unsigned __int64`, `unsigned u32x`: the named width, the written sign.
            other => match system_typedef(other).map(TyId::get) {
                Some(Ty::Int { bits, .. }) => int(*bits, !unsigned),
                _ => TyId::UNKNOWN,
            },
        }
    }

    /// The name of a definition's parameter that has no type: what stands there for a type names none.
    pub(super) fn untyped(&self, param: Node<'_>) -> Option<Symbol> {
        let only = field::r#type(param).filter(|ty| param.named_child_count() == 1 && kind(*ty) == Kind::TypeIdentifier)?;
        let name = self.symbol(only);
        (!self.typedefs.contains_key(&name) && system_typedef(name.as_str()).is_none()).then_some(name)
    }

    /// What a typedef name stands for; the name itself where the file does not say.
    pub(super) fn named(&self, name: Symbol) -> TyId {
        if let Some(ty) = self.typedefs.get(&name) {
            return *ty;
        }
        system_typedef(name.as_str()).unwrap_or_else(|| TyId::named(name))
    }

    fn macro_type(&mut self, node: Node<'t>) -> TyId {
        let name = field::name(node).map(|node| self.text(node)).unwrap_or_default();
        let Some(inner) = field::r#type(node) else { return TyId::UNKNOWN };
        match name {
            "typeof" | "__typeof__" | "__typeof_deref" | "__typeof_address" => {
                let base =
                    field::r#type(inner).filter(|ty| kind(*ty) == Kind::TypeIdentifier && field::declarator(inner).is_none());
                let ty = match base.and_then(|base| self.value_type(self.symbol(base))) {
                    Some(ty) => ty,
                    None if name.ends_with("__") || name == "typeof" => self.descriptor(inner),
                    None => TyId::UNKNOWN,
                };
                match (name, ty.get()) {
                    ("__typeof_deref", Ty::Pointer(inner) | Ty::Array(inner, _)) => *inner,
                    ("__typeof_deref", _) => TyId::UNKNOWN,
                    ("__typeof_address", _) => pointer(ty),
                    _ => ty,
                }
            }
            "_Atomic" => self.descriptor(inner),
            _ => TyId::UNKNOWN,
        }
    }

    fn record(&mut self, node: Node<'t>, is_union: bool) -> TyId {
        let name_node = field::name(node);
        let tag = match name_node {
            Some(name) => self.symbol(name),
            None => Symbol::new(&format!("anon.{}.{}", self.input.file.index(), self.span(node).lo)),
        };
        let ty = TyId::new(Ty::Record { tag, is_union });
        let Some(body) = field::body(node).filter(|_| self.depth < DEPTH_LIMIT) else { return ty };
        if self.record_index.contains_key(&tag) {
            return ty;
        }
        let span = self.span(node);
        let index = self.unit.types.push(TypeDecl {
            name: tag,
            kind: if is_union { TypeKind::Union } else { TypeKind::Struct },
            modifiers: Modifiers::empty(),
            annotations: Vec::new(),
            extends: Vec::new(),
            implements: Vec::new(),
            type_params: Vec::new(),
            fields: Vec::new(),
            outer: None,
            functions: Vec::new(),
            span,
            name_span: name_node.map_or(span, |name| self.span(name)),
        });
        self.record_index.insert(tag, index);
        self.depth += 1;
        let mut fields = Vec::new();
        for member in body.named_children() {
            if kind(member) == Kind::FieldDeclaration {
                self.members(member, &mut fields);
            }
        }
        self.depth -= 1;
        self.unit.types[index].fields = fields;
        ty
    }

    fn members(&mut self, node: Node<'t>, fields: &mut Vec<Field>) {
        let base = self.specifier_of(node);
        let mut any = false;
        let type_node = field::r#type(node).map(|node| node.id());
        for child in node.named_children() {
            let child_kind = kind(child);
            if Some(child.id()) == type_node {
                continue;
            }
            if child_kind == Kind::BitfieldClause {
                let width =
                    child.named_child(0).and_then(|width| self.constant(width)).and_then(|width| u32::try_from(width).ok());
                if any && let Some(last) = fields.last_mut() {
                    last.bit_width = width;
                }
            } else if is_declarator(child_kind) {
                let declared = self.declarator(child, base);
                if let Some(name) = declared.name {
                    any = true;
                    // A length that is written and not known is none that may be anything.
                    let ty = match declared.ty.get() {
                        Ty::Array(element, None) if declared.sized => TyId::new(Ty::Array(*element, Some(u64::MAX))),
                        _ => declared.ty,
                    };
                    fields.push(self.field(self.symbol(name), ty, self.span(child)));
                }
            }
        }
        // An anonymous struct or union: its members are reached through the outer; kept as one nameless field.
        if !any && matches!(base.get(), Ty::Record { .. }) {
            fields.push(self.field(Symbol::new(""), base, self.span(node)));
        }
    }

    fn field(&self, name: Symbol, ty: TyId, span: Span) -> Field {
        Field { name, ty, modifiers: Modifiers::empty(), annotations: Vec::new(), init: None, bit_width: None, span }
    }

    fn enumeration(&mut self, node: Node<'t>) -> TyId {
        let name_node = field::name(node);
        let tag = match name_node {
            Some(name) => self.symbol(name),
            None => Symbol::new(&format!("anon.{}.{}", self.input.file.index(), self.span(node).lo)),
        };
        let ty = TyId::new(Ty::Enum(tag));
        let Some(body) = field::body(node) else { return ty };
        let span = self.span(node);
        let mut fields: Vec<Field> = Vec::new();
        let mut next = Some(0i128);
        for item in body.children() {
            if kind(item) != Kind::Enumerator {
                // A macro that writes enumerators: how many, nobody knows, and its name is read as one.
                if item.is_missing() || item.has_error() {
                    next = None;
                    if let Some(written) = fields.pop() {
                        self.enum_constants.insert(written.name, None);
                    }
                }
                continue;
            }
            let Some(name) = field::name(item) else { continue };
            let value = match field::value(item) {
                Some(value) => self.constant(value),
                None => next,
            };
            next = value.map(|value| value.wrapping_add(1));
            let name = self.symbol(name);
            self.enum_constants.insert(name, value);
            let mut field = self.field(name, TyId::INT, self.span(item));
            field.modifiers = Modifiers::STATIC | Modifiers::FINAL;
            field.init = value.map(|value| Const::int(value, TyId::INT));
            fields.push(field);
        }
        self.unit.types.push(TypeDecl {
            name: tag,
            kind: TypeKind::CEnum,
            modifiers: Modifiers::empty(),
            annotations: Vec::new(),
            extends: Vec::new(),
            implements: Vec::new(),
            type_params: Vec::new(),
            fields,
            outer: None,
            functions: Vec::new(),
            span,
            name_span: name_node.map_or(span, |name| self.span(name)),
        });
        ty
    }

    /// Wraps a base type in a declarator, outermost part first.
    pub(super) fn declarator(&mut self, node: Node<'t>, base: TyId) -> Declared<'t> {
        let mut declared = Declared { name: None, ty: base, params: None, sized: false };
        let mut next = Some(node);
        let mut steps = 0;
        while let Some(node) = next {
            steps += 1;
            if steps > DECLARATOR_LIMIT {
                declared.ty = TyId::UNKNOWN;
                break;
            }
            match kind(node) {
                Kind::Identifier | Kind::FieldIdentifier | Kind::TypeIdentifier | Kind::PrimitiveType => {
                    declared.name = Some(node);
                    next = None;
                }
                Kind::PointerDeclarator | Kind::AbstractPointer => {
                    declared.ty = pointer(declared.ty);
                    declared.params = None;
                    next = field::declarator(node);
                }
                Kind::ArrayDeclarator | Kind::AbstractArray => {
                    let length = field::size(node).and_then(|size| self.constant(size)).and_then(|size| u64::try_from(size).ok());
                    declared.ty = TyId::new(Ty::Array(declared.ty, length));
                    declared.sized |= field::size(node).is_some();
                    declared.params = None;
                    next = field::declarator(node);
                }
                Kind::FunctionDeclarator | Kind::AbstractFunction => {
                    let params = field::parameters(node);
                    let (types, variadic) = params.map(|params| self.param_types(params)).unwrap_or_default();
                    declared.ty = TyId::new(Ty::Func { ret: declared.ty, params: types.into_boxed_slice(), variadic });
                    declared.params = params;
                    next = field::declarator(node);
                }
                Kind::InitDeclarator => next = field::declarator(node),
                Kind::ParenthesizedDeclarator | Kind::AbstractParenthesized | Kind::AttributedDeclarator => {
                    next = node.named_children().find(|child| is_declarator(kind(*child)));
                }
                _ => next = None,
            }
        }
        declared
    }

    fn param_types(&mut self, params: Node<'t>) -> (Vec<TyId>, bool) {
        if self.depth >= DEPTH_LIMIT {
            return (Vec::new(), false);
        }
        self.depth += 1;
        let mut types = Vec::new();
        let mut variadic = false;
        for param in params.named_children() {
            match kind(param) {
                Kind::ParameterDeclaration => {
                    let ty = self.param(param).ty;
                    if ty != TyId::VOID {
                        types.push(ty);
                    }
                }
                Kind::VariadicParameter => variadic = true,
                Kind::Identifier => types.push(TyId::INT),
                _ => {}
            }
        }
        self.depth -= 1;
        (types, variadic)
    }

    /// A parameter's name and type; arrays and functions are pointers.
    pub(super) fn param(&mut self, node: Node<'t>) -> Declared<'t> {
        let base = self.specifier_of(node);
        let mut declared = match field::declarator(node) {
            Some(declarator) => self.declarator(declarator, base),
            None => Declared { name: None, ty: base, params: None, sized: false },
        };
        declared.ty = decayed(declared.ty);
        declared
    }

    /// Size and alignment in bytes, where the file tells.
    pub(super) fn layout(&self, ty: TyId, depth: u32) -> Option<(u64, u64)> {
        if depth > 20 {
            return None;
        }
        let scalar = |bytes: u64| Some((bytes, bytes));
        match ty.get() {
            Ty::Bool => scalar(1),
            Ty::Int { bits, .. } | Ty::Char { bits } | Ty::Float { bits } => scalar(u64::from(*bits) / 8),
            Ty::Pointer(_) => scalar(8),
            Ty::Enum(_) => scalar(4),
            Ty::Void => scalar(1),
            Ty::Array(element, Some(length)) => {
                let (size, align) = self.layout(*element, depth + 1)?;
                Some((size.checked_mul(*length)?, align))
            }
            Ty::Record { tag, is_union } => {
                let decl = self.unit.types.get(*self.record_index.get(tag)?)?;
                let (mut size, mut align) = (0u64, 1u64);
                for (index, field) in decl.fields.iter().enumerate() {
                    if field.bit_width.is_some() {
                        return None;
                    }
                    let flexible = index + 1 == decl.fields.len() && matches!(field.ty.get(), Ty::Array(_, None));
                    let (field_size, field_align) = match field.ty.get() {
                        Ty::Array(element, None) if flexible => (0, self.layout(*element, depth + 1)?.1),
                        _ => self.layout(field.ty, depth + 1)?,
                    };
                    align = align.max(field_align);
                    size = if *is_union {
                        size.max(field_size)
                    } else {
                        size.checked_next_multiple_of(field_align)?.checked_add(field_size)?
                    };
                }
                Some((size.checked_next_multiple_of(align)?, align))
            }
            _ => None,
        }
    }

    /// The type of a member; members of anonymous members too.
    pub(super) fn member_type(&self, record: TyId, name: Symbol, depth: u32) -> TyId {
        let Ty::Record { tag, .. } = record.get() else { return TyId::UNKNOWN };
        let Some(decl) = self.record_index.get(tag).and_then(|index| self.unit.types.get(*index)) else { return TyId::UNKNOWN };
        if let Some(field) = decl.fields.iter().find(|field| field.name == name) {
            return field.ty;
        }
        if depth > 8 {
            return TyId::UNKNOWN;
        }
        decl.fields
            .iter()
            .filter(|field| field.name.as_str().is_empty())
            .map(|field| self.member_type(field.ty, name, depth + 1))
            .find(|ty| *ty != TyId::UNKNOWN)
            .unwrap_or(TyId::UNKNOWN)
    }
}

/// Arrays and functions as the pointers that they become when passed.
pub(super) fn decayed(ty: TyId) -> TyId {
    match ty.get() {
        Ty::Array(element, _) => pointer(*element),
        Ty::Func { .. } => pointer(ty),
        _ => ty,
    }
}

/// Width and sign of an integer type; characters and enums count.
pub(super) fn int_shape(ty: TyId) -> Option<(u8, bool)> {
    match ty.get() {
        Ty::Bool => Some((1, false)),
        Ty::Int { bits, signed } => Some((*bits, *signed)),
        Ty::Char { bits } => Some((*bits, *bits == 8)),
        Ty::Enum(_) => Some((32, true)),
        _ => None,
    }
}

/// The usual arithmetic conversions.
pub(super) fn common(left: TyId, right: TyId) -> TyId {
    match (left.get(), right.get()) {
        (Ty::Float { bits: l }, Ty::Float { bits: r }) => return if l >= r { left } else { right },
        (Ty::Float { .. }, _) => return left,
        (_, Ty::Float { .. }) => return right,
        _ => {}
    }
    match (int_shape(left), int_shape(right)) {
        (Some(l), Some(r)) => {
            let promote = |(bits, signed): (u8, bool)| if bits < 32 { (32, true) } else { (bits, signed) };
            let ((lb, ls), (rb, rs)) = (promote(l), promote(r));
            let bits = lb.max(rb);
            let signed = if lb == rb {
                ls && rs
            } else if lb > rb {
                ls
            } else {
                rs
            };
            int(bits, signed)
        }
        _ => TyId::UNKNOWN,
    }
}
