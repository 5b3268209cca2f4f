//! The C grammar's node kinds and fields as small numbers. Must not know what a node means.

use crate::syntax::Node;
use std::num::NonZeroU16;
use std::sync::LazyLock;

use tree_sitter::Language;

macro_rules! kinds {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// A node's kind.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(super) enum Kind { Other, $($variant),* }
        fn kind_of_name(name: &str) -> Kind {
            match name { $($name => Kind::$variant,)* _ => Kind::Other }
        }
    };
}
kinds! {
    Error = "ERROR", TranslationUnit = "translation_unit", FunctionDefinition = "function_definition", Declaration = "declaration",
    TypeDefinition = "type_definition", LinkageSpecification = "linkage_specification", DeclarationList = "declaration_list",
    ExpressionStatement = "expression_statement", CompoundStatement = "compound_statement", IfStatement = "if_statement",
    ElseClause = "else_clause", SwitchStatement = "switch_statement", CaseStatement = "case_statement", WhileStatement = "while_statement",
    DoStatement = "do_statement", ForStatement = "for_statement", ReturnStatement = "return_statement", BreakStatement = "break_statement",
    ContinueStatement = "continue_statement", GotoStatement = "goto_statement", LabeledStatement = "labeled_statement",
    AttributedStatement = "attributed_statement", SehTry = "seh_try_statement", SehExcept = "seh_except_clause", SehFinally = "seh_finally_clause",
    SehLeave = "seh_leave_statement",
    CommaExpression = "comma_expression", ConditionalExpression = "conditional_expression", AssignmentExpression = "assignment_expression",
    UnaryExpression = "unary_expression", BinaryExpression = "binary_expression", UpdateExpression = "update_expression",
    CastExpression = "cast_expression", PointerExpression = "pointer_expression", SizeofExpression = "sizeof_expression",
    AlignofExpression = "alignof_expression", OffsetofExpression = "offsetof_expression", GenericExpression = "generic_expression",
    SubscriptExpression = "subscript_expression", CallExpression = "call_expression", FieldExpression = "field_expression",
    CompoundLiteral = "compound_literal_expression", Identifier = "identifier", FieldIdentifier = "field_identifier",
    TypeIdentifier = "type_identifier", NumberLiteral = "number_literal", StringLiteral = "string_literal",
    ConcatenatedString = "concatenated_string", CharLiteral = "char_literal", True = "true", False = "false", Null = "null",
    ParenthesizedExpression = "parenthesized_expression", GnuAsm = "gnu_asm_expression", ExtensionExpression = "extension_expression",
    AsmOutputs = "gnu_asm_output_operand_list", AsmOutput = "gnu_asm_output_operand",
    InitializerList = "initializer_list", InitializerPair = "initializer_pair", SubscriptDesignator = "subscript_designator",
    SubscriptRange = "subscript_range_designator", FieldDesignator = "field_designator",
    PointerDeclarator = "pointer_declarator", ArrayDeclarator = "array_declarator", FunctionDeclarator = "function_declarator",
    ParenthesizedDeclarator = "parenthesized_declarator", AttributedDeclarator = "attributed_declarator", InitDeclarator = "init_declarator",
    AbstractPointer = "abstract_pointer_declarator", AbstractArray = "abstract_array_declarator",
    AbstractFunction = "abstract_function_declarator", AbstractParenthesized = "abstract_parenthesized_declarator",
    ParameterList = "parameter_list", ParameterDeclaration = "parameter_declaration", VariadicParameter = "variadic_parameter",
    PrimitiveType = "primitive_type", SizedType = "sized_type_specifier", StructSpecifier = "struct_specifier",
    UnionSpecifier = "union_specifier", EnumSpecifier = "enum_specifier", MacroType = "macro_type_specifier",
    TypeDescriptor = "type_descriptor", FieldDeclarationList = "field_declaration_list", FieldDeclaration = "field_declaration",
    BitfieldClause = "bitfield_clause", EnumeratorList = "enumerator_list", Enumerator = "enumerator",
    StorageClass = "storage_class_specifier", TypeQualifier = "type_qualifier", AttributeSpecifier = "attribute_specifier",
    ArgumentList = "argument_list", Comment = "comment",
}

macro_rules! fields {
    ($($field:ident = $name:literal),* $(,)?) => {
        struct Tables { kinds: Vec<Kind>, $($field: Option<NonZeroU16>),* }
        static TABLES: LazyLock<Tables> = LazyLock::new(|| {
            let language: Language = tree_sitter_c::LANGUAGE.into();
            let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
            Tables {
                kinds: (0..count)
                    .map(|id| if language.node_kind_is_named(id) { kind_of_name(language.node_kind_for_id(id).unwrap_or_default()) } else { Kind::Other })
                    .collect(),
                $($field: language.field_id_for_name($name)),*
            }
        });
        /// Children by field.
        pub(super) mod field {
            use super::{Node, TABLES};
            $(pub(in crate::lower::c) fn $field<'t>(node: Node<'t>) -> Option<Node<'t>> {
                TABLES.$field.and_then(|field| node.child_by_field_id(field.get()))
            })*
        }
    };
}
fields! {
    declarator = "declarator", r#type = "type", body = "body", value = "value", name = "name", parameters = "parameters", size = "size",
    condition = "condition", consequence = "consequence", alternative = "alternative", initializer = "initializer", update = "update",
    label = "label", left = "left", right = "right", operator = "operator", argument = "argument", index = "index", function = "function",
    arguments = "arguments", field = "field", designator = "designator", output_operands = "output_operands",
    end = "end",
}

/// A node's kind.
pub(super) fn kind(node: Node<'_>) -> Kind {
    if node.is_error() {
        return Kind::Error;
    }
    TABLES.kinds.get(node.kind_id() as usize).copied().unwrap_or(Kind::Other)
}

/// Whether a child stands in the `declarator` field.
pub(super) fn is_declarator(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::PointerDeclarator
            | Kind::ArrayDeclarator
            | Kind::FunctionDeclarator
            | Kind::ParenthesizedDeclarator
            | Kind::AttributedDeclarator
            | Kind::InitDeclarator
            | Kind::Identifier
            | Kind::FieldIdentifier
            | Kind::TypeIdentifier
            | Kind::AbstractPointer
            | Kind::AbstractArray
            | Kind::AbstractFunction
            | Kind::AbstractParenthesized
    )
}
