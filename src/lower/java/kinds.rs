//! The grammar's node kinds and fields as dense enums, so that lowering matches on a byte and never on a string.
//! Must not know what any of them lowers to.

use crate::syntax::Node;
use std::sync::LazyLock;

macro_rules! table {
    ($(#[$meta:meta])* $name:ident, $list:ident: $($variant:ident = $text:literal),* $(,)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            /// Nothing the lowering asks for.
            Other,
            $(#[doc = $text] $variant,)*
        }
        const $list: &[($name, &str)] = &[$(($name::$variant, $text)),*];
    };
}

table! {
    /// A node kind.
    Kind, KINDS:
    Error = "ERROR", LineComment = "line_comment", BlockComment = "block_comment",
    Identifier = "identifier", TypeIdentifier = "type_identifier", ScopedIdentifier = "scoped_identifier",
    ScopedTypeIdentifier = "scoped_type_identifier", GenericType = "generic_type", ArrayType = "array_type",
    AnnotatedType = "annotated_type", IntegralType = "integral_type", FloatingPointType = "floating_point_type",
    BooleanType = "boolean_type", VoidType = "void_type", TypeArguments = "type_arguments", Wildcard = "wildcard",
    Dimensions = "dimensions", DimensionsExpr = "dimensions_expr", TypeParameters = "type_parameters",
    TypeParameter = "type_parameter", TypeBound = "type_bound", TypeList = "type_list",
    PackageDeclaration = "package_declaration", ImportDeclaration = "import_declaration", Asterisk = "asterisk",
    ModuleDeclaration = "module_declaration",
    ClassDeclaration = "class_declaration", InterfaceDeclaration = "interface_declaration",
    EnumDeclaration = "enum_declaration", RecordDeclaration = "record_declaration",
    AnnotationTypeDeclaration = "annotation_type_declaration", ClassBody = "class_body",
    InterfaceBody = "interface_body", EnumBody = "enum_body", EnumBodyDeclarations = "enum_body_declarations",
    AnnotationTypeBody = "annotation_type_body", EnumConstant = "enum_constant", FieldDeclaration = "field_declaration",
    ConstantDeclaration = "constant_declaration", MethodDeclaration = "method_declaration",
    ConstructorDeclaration = "constructor_declaration", CompactConstructor = "compact_constructor_declaration",
    AnnotationElement = "annotation_type_element_declaration", StaticInitializer = "static_initializer",
    ConstructorBody = "constructor_body", ExplicitConstructor = "explicit_constructor_invocation",
    Modifiers = "modifiers", Annotation = "annotation", MarkerAnnotation = "marker_annotation",
    AnnotationArguments = "annotation_argument_list", ElementValuePair = "element_value_pair",
    ElementValueArray = "element_value_array_initializer", Superclass = "superclass",
    SuperInterfaces = "super_interfaces", ExtendsInterfaces = "extends_interfaces", Permits = "permits",
    Throws = "throws", FormalParameters = "formal_parameters", FormalParameter = "formal_parameter",
    SpreadParameter = "spread_parameter", ReceiverParameter = "receiver_parameter",
    InferredParameters = "inferred_parameters", VariableDeclarator = "variable_declarator",
    Block = "block", ExpressionStatement = "expression_statement", LabeledStatement = "labeled_statement",
    IfStatement = "if_statement", WhileStatement = "while_statement", DoStatement = "do_statement",
    ForStatement = "for_statement", EnhancedForStatement = "enhanced_for_statement", AssertStatement = "assert_statement",
    BreakStatement = "break_statement", ContinueStatement = "continue_statement", ReturnStatement = "return_statement",
    YieldStatement = "yield_statement", SynchronizedStatement = "synchronized_statement",
    LocalVariable = "local_variable_declaration", ThrowStatement = "throw_statement", TryStatement = "try_statement",
    TryWithResources = "try_with_resources_statement", CatchClause = "catch_clause",
    CatchParameter = "catch_formal_parameter", CatchType = "catch_type", FinallyClause = "finally_clause",
    ResourceSpecification = "resource_specification", Resource = "resource",
    SwitchExpression = "switch_expression", SwitchBlock = "switch_block", SwitchGroup = "switch_block_statement_group",
    SwitchRule = "switch_rule", SwitchLabel = "switch_label", Pattern = "pattern", TypePattern = "type_pattern",
    RecordPattern = "record_pattern", RecordPatternBody = "record_pattern_body",
    RecordComponent = "record_pattern_component", UnderscorePattern = "underscore_pattern", Guard = "guard",
    AssignmentExpression = "assignment_expression", BinaryExpression = "binary_expression",
    InstanceofExpression = "instanceof_expression", LambdaExpression = "lambda_expression",
    TernaryExpression = "ternary_expression", UpdateExpression = "update_expression", UnaryExpression = "unary_expression",
    CastExpression = "cast_expression", ClassLiteral = "class_literal", This = "this", Super = "super",
    Parenthesized = "parenthesized_expression", ObjectCreation = "object_creation_expression",
    FieldAccess = "field_access", ArrayAccess = "array_access", MethodInvocation = "method_invocation",
    MethodReference = "method_reference", ArrayCreation = "array_creation_expression",
    ArrayInitializer = "array_initializer", TemplateExpression = "template_expression", ArgumentList = "argument_list",
    DecimalInteger = "decimal_integer_literal", HexInteger = "hex_integer_literal", OctalInteger = "octal_integer_literal",
    BinaryInteger = "binary_integer_literal", DecimalFloat = "decimal_floating_point_literal",
    HexFloat = "hex_floating_point_literal", True = "true", False = "false", Character = "character_literal",
    StringLiteral = "string_literal", StringFragment = "string_fragment", MultilineFragment = "multiline_string_fragment",
    EscapeSequence = "escape_sequence", StringInterpolation = "string_interpolation", Null = "null_literal",
    // Tokens.
    Semicolon = ";", Colon = ":", Default = "default", Static = "static", New = "new",
    Plus = "+", Minus = "-", Star = "*", Slash = "/", Percent = "%", Amp = "&", Pipe = "|", Caret = "^", Tilde = "~",
    Bang = "!", AmpAmp = "&&", PipePipe = "||", EqEq = "==", BangEq = "!=", Lt = "<", Le = "<=", Gt = ">", Ge = ">=",
    ShlOp = "<<", ShrOp = ">>", UshrOp = ">>>", PlusPlus = "++", MinusMinus = "--", Assign = "=",
    PlusAssign = "+=", MinusAssign = "-=", StarAssign = "*=", SlashAssign = "/=", PercentAssign = "%=",
    AmpAssign = "&=", PipeAssign = "|=", CaretAssign = "^=", ShlAssign = "<<=", ShrAssign = ">>=", UshrAssign = ">>>=",
    Public = "public", Protected = "protected", Private = "private", Abstract = "abstract", Final = "final",
    Synchronized = "synchronized", Native = "native", Transient = "transient", Volatile = "volatile", Sealed = "sealed",
}

table! {
    /// A field of a node: the role of a child.
    Role, ROLES:
    Alternative = "alternative", Arguments = "arguments", Array = "array", Body = "body", Condition = "condition",
    Consequence = "consequence", Constructor = "constructor", Declarator = "declarator", Dimensions = "dimensions",
    Element = "element", Field = "field", Index = "index", Init = "init", Interfaces = "interfaces", Key = "key",
    Left = "left", Name = "name", Object = "object", Operand = "operand", Operator = "operator",
    Parameters = "parameters", Pattern = "pattern", Permits = "permits", Resources = "resources", Right = "right",
    Scope = "scope", Superclass = "superclass", Template = "template_argument", Processor = "template_processor", Type = "type",
    TypeArguments = "type_arguments", TypeParameters = "type_parameters", Update = "update", Value = "value",
}

/// Both tables, indexed by the grammar's own ids.
#[derive(Debug)]
pub(super) struct Tables {
    kinds: Vec<Kind>,
    roles: Vec<Role>,
    /// The id of the field `object`.
    pub(super) object: u16,
}

/// The grammar's tables, made once.
pub(super) static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let language: tree_sitter::Language = tree_sitter_java::LANGUAGE.into();
    let kind_of = |name: Option<&str>| KINDS.iter().find(|(_, text)| Some(*text) == name).map_or(Kind::Other, |(kind, _)| *kind);
    let role_of = |name: Option<&str>| ROLES.iter().find(|(_, text)| Some(*text) == name).map_or(Role::Other, |(role, _)| *role);
    let kinds =
        (0..language.node_kind_count()).map(|id| kind_of(u16::try_from(id).ok().and_then(|id| language.node_kind_for_id(id))));
    let roles =
        (0..=language.field_count()).map(|id| role_of(u16::try_from(id).ok().and_then(|id| language.field_name_for_id(id))));
    let object = language.field_id_for_name("object").map_or(0, std::num::NonZeroU16::get);
    Tables { kinds: kinds.collect(), roles: roles.collect(), object }
});

impl Tables {
    /// The kind of a node.
    pub(super) fn kind(&self, node: Node<'_>) -> Kind {
        match node.kind_id() {
            u16::MAX => Kind::Error,
            id => self.kinds.get(id as usize).copied().unwrap_or(Kind::Other),
        }
    }

    /// The role of a field id.
    pub(super) fn role(&self, field: u8) -> Role {
        self.roles.get(usize::from(field)).copied().unwrap_or(Role::Other)
    }
}

impl Kind {
    /// Whether it is a type.
    pub(super) fn is_type(self) -> bool {
        matches!(
            self,
            Kind::TypeIdentifier
                | Kind::ScopedTypeIdentifier
                | Kind::GenericType
                | Kind::ArrayType
                | Kind::AnnotatedType
                | Kind::IntegralType
                | Kind::FloatingPointType
                | Kind::BooleanType
                | Kind::VoidType
        )
    }

    /// Whether it declares a type.
    pub(super) fn is_type_declaration(self) -> bool {
        matches!(
            self,
            Kind::ClassDeclaration
                | Kind::InterfaceDeclaration
                | Kind::EnumDeclaration
                | Kind::RecordDeclaration
                | Kind::AnnotationTypeDeclaration
        )
    }

    /// Whether it is an expression.
    pub(super) fn is_expression(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Identifier
                | AssignmentExpression
                | BinaryExpression
                | InstanceofExpression
                | LambdaExpression
                | TernaryExpression
                | UpdateExpression
                | UnaryExpression
                | CastExpression
                | SwitchExpression
                | ClassLiteral
                | This
                | Parenthesized
                | ObjectCreation
                | FieldAccess
                | ArrayAccess
                | MethodInvocation
                | MethodReference
                | ArrayCreation
                | ArrayInitializer
                | TemplateExpression
                | DecimalInteger
                | HexInteger
                | OctalInteger
                | BinaryInteger
                | DecimalFloat
                | HexFloat
                | True
                | False
                | Character
                | StringLiteral
                | Null
                | Error
        )
    }
}
