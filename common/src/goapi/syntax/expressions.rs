//! The values of constants, as far as they are plain.

use tree_sitter::Node;

use super::{children, text_of};
use crate::goapi::constants::{Expression, Value, number, quoted};

/// Deeper expressions are unknown.
const MAX_DEPTH: u32 = 40;

/// Reads the expression of a constant in a line with this `iota`.
pub(super) fn read(node: Node<'_>, text: &str, iota: i128, depth: u32) -> Expression {
    known(node, text, iota, depth).unwrap_or(Expression::Unknown)
}

fn known(node: Node<'_>, text: &str, iota: i128, depth: u32) -> Option<Expression> {
    if depth > MAX_DEPTH {
        return None;
    }
    let below = |node| Box::new(read(node, text, iota, depth + 1));
    let field = |name| node.child_by_field_name(name);
    let source = || text_of(node, text);
    Some(match node.kind() {
        "false" | "true" => Expression::Value(Value::Bool(node.kind() == "true")),
        "int_literal" | "float_literal" => Expression::Value(number(&source())?),
        "interpreted_string_literal" | "raw_string_literal" => {
            Expression::Value(Value::Text(quoted(&source())))
        }
        "iota" => Expression::Value(Value::Int(iota)),
        "identifier" => match source().as_str() {
            "iota" => Expression::Value(Value::Int(iota)),
            "false" | "true" => Expression::Value(Value::Bool(source() == "true")),
            _ => Expression::Name(source()),
        },
        "parenthesized_expression" => *below(node.named_child(0)?),
        "unary_expression" => {
            Expression::Unary(text_of(field("operator")?, text), below(field("operand")?))
        }
        "binary_expression" => Expression::Binary(
            below(field("left")?),
            text_of(field("operator")?, text),
            below(field("right")?),
        ),
        "call_expression" => {
            let (function, arguments) = (field("function")?, children(field("arguments")?));
            match (function.kind(), arguments.as_slice()) {
                ("identifier", [one]) => {
                    Expression::Conversion(text_of(function, text), below(*one))
                }
                _ => return None,
            }
        }
        _ => return None,
    })
}
