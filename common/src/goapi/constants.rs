//! The values of constants, where plain arithmetic gives them.
//!
//! Values are known of literals, of `iota`, of other constants of the package and of what is computed from them
//! with whole numbers. All else is unknown, and no difference is seen in it.

use super::package::{Object, Package};
use super::syntax::Declared;
use super::types::{Type, predeclared};

/// The expression of a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Binary(Box<Self>, String, Box<Self>),
    /// `T(x)`, or a call of something else.
    Conversion(String, Box<Self>),
    Name(String),
    Unary(String, Box<Self>),
    Unknown,
    Value(Value),
}

/// The value of a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Float(f64),
    Int(i128),
    /// A string, as it is written.
    Text(String),
}

/// The type of a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Of {
    Typed(Type),
    Unknown,
    Untyped,
}

/// What is known of a constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    pub(super) of: Of,
    pub(super) value: Option<Value>,
}

const UNKNOWN: Constant = Constant { of: Of::Unknown, value: None };

/// How many constants may stand behind one.
const MAX_DEPTH: u32 = 60;

/// The number that a literal means.
pub(super) fn number(text: &str) -> Option<Value> {
    let text = text.replace('_', "").to_ascii_lowercase();
    let of_radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok().map(Value::Int);
    let bytes = text.as_bytes();
    match bytes {
        [b'0', b'x', ..] => of_radix(&text[2..], 16),
        [b'0', b'b', ..] => of_radix(&text[2..], 2),
        [b'0', b'o', ..] => of_radix(&text[2..], 8),
        [b'0', rest @ ..] if !rest.is_empty() && rest.iter().all(u8::is_ascii_digit) => {
            of_radix(&text, 8)
        }
        _ => of_radix(&text, 10).or_else(|| text.parse().ok().map(Value::Float)),
    }
}

/// A string in one way of writing it, where that is simple.
pub(super) fn quoted(text: &str) -> String {
    match text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
        Some(raw) if !raw.contains(['"', '\\', '\n']) => format!("\"{raw}\""),
        _ => text.to_owned(),
    }
}

impl Value {
    /// The value as Go writes it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// Whether these cannot be the same value. A string that is written with escapes, or a float, may be the same in another writing.
    pub(super) fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a != b,
            (Self::Int(a), Self::Int(b)) => a != b,
            (Self::Text(a), Self::Text(b)) => {
                a != b && [a, b].iter().all(|text| text.starts_with('"') && !text.contains('\\'))
            }
            (Self::Float(a), Self::Float(b)) => {
                (a - b).abs() > f64::EPSILON * a.abs().max(b.abs()) * 4.0
            }
            _ => false,
        }
    }

    /// The word for untyped constants of this kind.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "untyped bool",
            Self::Float(_) | Self::Int(_) => "untyped number",
            Self::Text(_) => "untyped string",
        }
    }
}

/// What is known of a constant of a package.
pub(super) fn evaluate(package: &Package, object: &Object) -> Constant {
    of_object(package, object, 0)
}

fn of_object(package: &Package, object: &Object, depth: u32) -> Constant {
    let Declared::Constant(of, expression) = &object.declaration().of else { return UNKNOWN };
    let found = match expression {
        Some(expression) if depth < MAX_DEPTH => of_expression(package, expression, depth),
        _ => UNKNOWN,
    };
    match of {
        Some(of) => Constant { of: Of::Typed(of.clone()), value: fitting(of, found) },
        None => found,
    }
}

/// The value of a constant of this type. One that is computed may wrap around where the type is small.
fn fitting(of: &Type, found: Constant) -> Option<Value> {
    let is_float = matches!(of, Type::Name(name) if name.starts_with("float"));
    match found.value {
        Some(Value::Int(value)) if is_float => number(&format!("{value}.0")),
        value => value,
    }
}

fn of_expression(package: &Package, expression: &Expression, depth: u32) -> Constant {
    match expression {
        Expression::Value(value) => Constant { of: Of::Untyped, value: Some(value.clone()) },
        Expression::Name(name) => match package.object(name) {
            Some(object) => of_object(package, object, depth + 1),
            None => UNKNOWN,
        },
        Expression::Conversion(name, inside) => conversion(package, name, inside, depth),
        Expression::Unary(operator, inside) => {
            let inside = of_expression(package, inside, depth + 1);
            let is_untyped = inside.of == Of::Untyped;
            let value = match (operator.as_str(), inside.value) {
                ("-", Some(Value::Int(value))) => value.checked_neg().map(Value::Int),
                ("-", Some(Value::Float(value))) => Some(Value::Float(-value)),
                ("+", value) => value,
                ("!", Some(Value::Bool(value))) => Some(Value::Bool(!value)),
                ("^", Some(Value::Int(value))) if is_untyped => Some(Value::Int(!value)),
                _ => None,
            };
            Constant { of: inside.of, value }
        }
        Expression::Binary(left, operator, right) => {
            let left = of_expression(package, left, depth + 1);
            let right = of_expression(package, right, depth + 1);
            binary(left, operator, right)
        }
        Expression::Unknown => UNKNOWN,
    }
}

fn conversion(package: &Package, name: &str, inside: &Expression, depth: u32) -> Constant {
    let is_type = match package.object(name) {
        Some(object) => object.is_type(),
        None => predeclared(name).is_some(),
    };
    if !is_type {
        return UNKNOWN;
    }
    let of = Type::Name(name.to_owned());
    let value = fitting(&of, of_expression(package, inside, depth + 1));
    Constant { of: Of::Typed(of), value }
}

fn binary(left: Constant, operator: &str, right: Constant) -> Constant {
    let value = match (&left.value, &right.value) {
        (Some(Value::Int(left)), Some(Value::Int(right))) => whole(*left, operator, *right),
        (Some(Value::Text(left)), Some(Value::Text(right))) if operator == "+" => {
            let plain = |text: &str| {
                let inside = text.strip_prefix('"')?.strip_suffix('"')?;
                (!inside.contains('\\')).then(|| inside.to_owned())
            };
            let both = plain(left).zip(plain(right));
            both.map(|(left, right)| Value::Text(format!("\"{left}{right}\"")))
        }
        _ => None,
    };
    let of = match (operator, left.of, right.of) {
        ("==" | "!=" | "<" | "<=" | ">" | ">=", ..) => Of::Unknown,
        ("<<" | ">>", of, _) => of,
        (_, Of::Typed(of), _) | (_, _, Of::Typed(of)) => Of::Typed(of),
        (_, Of::Untyped, Of::Untyped) => Of::Untyped,
        _ => Of::Unknown,
    };
    Constant { of, value }
}

fn whole(left: i128, operator: &str, right: i128) -> Option<Value> {
    let shift = || u32::try_from(right).ok().filter(|shift| *shift < 100);
    Some(Value::Int(match operator {
        "+" => left.checked_add(right)?,
        "-" => left.checked_sub(right)?,
        "*" => left.checked_mul(right)?,
        "/" => left.checked_div(right)?,
        "%" => left.checked_rem(right)?,
        "<<" => left.checked_mul(1_i128.checked_shl(shift()?)?)?,
        ">>" => left >> shift()?,
        "&" => left & right,
        "|" => left | right,
        "^" => left ^ right,
        "&^" => left & !right,
        _ => return None,
    }))
}
