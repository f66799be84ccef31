//! What stands at the top of a file.

use tree_sitter::Node;

use super::signatures::Scope;
use super::{Declaration, Declared, Reader, Receiver, children, line};
use crate::goapi::constants::Expression;
use crate::goapi::types::Type;

impl Reader<'_> {
    /// Adds what a node at the top of a file declares.
    pub(super) fn declare(&self, node: Node<'_>, into: &mut Vec<Declaration>) {
        match node.kind() {
            "const_declaration" => self.constants(node, into),
            "function_declaration" => self.function(node, into),
            "method_declaration" => self.method(node, into),
            "type_declaration" => {
                for spec in children(node) {
                    self.of_type(spec, into);
                }
            }
            "var_declaration" => self.variables(node, into),
            _ => {}
        }
    }

    fn function(&self, node: Node<'_>, into: &mut Vec<Declaration>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let mut scope = Scope::default();
        let signature = self.signature(node, &mut scope);
        into.push(self.named(name, Declared::Func(signature)));
    }

    fn method(&self, node: Node<'_>, into: &mut Vec<Declaration>) {
        let Some(name) = node.child_by_field_name("name") else { return };
        let mut scope = Scope::default();
        let Some(receiver) = self.receiver(node, &mut scope) else { return };
        let signature = self.signature(node, &mut scope);
        into.push(self.named(name, Declared::Method(receiver, signature)));
    }

    /// The receiver of a method, whose type parameters join the scope.
    fn receiver(&self, node: Node<'_>, scope: &mut Scope) -> Option<Receiver> {
        let list = node.child_by_field_name("receiver")?;
        let mut of = children(list).into_iter().next()?.child_by_field_name("type")?;
        let mut is_pointer = false;
        loop {
            match of.kind() {
                "parenthesized_type" => of = of.named_child(0)?,
                "pointer_type" => (of, is_pointer) = (of.named_child(0)?, true),
                "generic_type" => {
                    let arguments = of.child_by_field_name("type_arguments")?;
                    scope.receiver = children(arguments).iter().map(|a| self.text(*a)).collect();
                    of = of.child_by_field_name("type")?;
                }
                _ => return Some(Receiver { of: self.text(of), is_pointer }),
            }
        }
    }

    fn of_type(&self, spec: Node<'_>, into: &mut Vec<Declaration>) {
        let fields = (spec.child_by_field_name("name"), spec.child_by_field_name("type"));
        let (Some(name), Some(of)) = fields else { return };
        let mut scope = Scope::default();
        let constraints = self.type_parameters(spec, &mut scope);
        let of = self.type_of(of, &scope, 0);
        let declared = match spec.kind() {
            "type_alias" => Declared::Alias(of, constraints.len()),
            _ => Declared::Type(of, constraints),
        };
        into.push(self.named(name, declared));
    }

    /// Constants; a line without a value repeats the one before it, with its own `iota`.
    fn constants(&self, node: Node<'_>, into: &mut Vec<Declaration>) {
        let mut repeated: (Option<Type>, Vec<Node<'_>>) = (None, Vec::new());
        for (iota, spec) in children(node).into_iter().enumerate() {
            if let Some(values) = spec.child_by_field_name("value") {
                let of = spec.child_by_field_name("type");
                repeated = (of.map(|of| self.plain_type(of)), children(values));
            }
            let (of, values) = &repeated;
            let iota = i128::try_from(iota).unwrap_or(i128::MAX);
            for (number, name) in names(spec).into_iter().enumerate() {
                let value = values.get(number).map(|value| self.expression(*value, iota, 0));
                into.push(self.named(name, Declared::Constant(of.clone(), value)));
            }
        }
    }

    fn variables(&self, node: Node<'_>, into: &mut Vec<Declaration>) {
        for spec in children(node) {
            if spec.kind() == "var_spec_list" {
                self.variables(spec, into);
                continue;
            }
            let of = spec.child_by_field_name("type").map(|of| self.plain_type(of));
            let names = names(spec);
            let values = spec.child_by_field_name("value").map(children).unwrap_or_default();
            for (number, name) in names.iter().enumerate() {
                let value = values.get(number).filter(|_| values.len() == names.len());
                let of = of.clone().or_else(|| value.and_then(|value| self.type_of_value(*value)));
                into.push(self.named(*name, Declared::Var(of)));
            }
        }
    }

    fn named(&self, name: Node<'_>, of: Declared) -> Declaration {
        Declaration { name: self.text(name), line: line(name), of }
    }

    /// The type of a value that says it by itself.
    fn type_of_value(&self, value: Node<'_>) -> Option<Type> {
        let name = |name: &str| Some(Type::Name(name.to_owned()));
        match value.kind() {
            "composite_literal" => {
                let of = value.child_by_field_name("type")?;
                (of.kind() != "implicit_length_array_type").then(|| self.plain_type(of))
            }
            "false" | "true" => name("bool"),
            "float_literal" => name("float64"),
            "func_literal" => Some(self.func_type(value)),
            "int_literal" => name("int"),
            "interpreted_string_literal" | "raw_string_literal" => name("string"),
            "parenthesized_expression" => self.type_of_value(value.named_child(0)?),
            "rune_literal" => name("rune"),
            "unary_expression" => {
                let operator = value.child_by_field_name("operator")?;
                let operand = value.child_by_field_name("operand")?;
                let of_literal = operator.kind() == "&" && operand.kind() == "composite_literal";
                let of = of_literal.then(|| self.type_of_value(operand))??;
                Some(Type::Pointer(Box::new(of)))
            }
            "call_expression" => {
                let function = value.child_by_field_name("function")?;
                let is_error = matches!(self.text(function).as_str(), "errors.New" | "fmt.Errorf");
                is_error.then(|| Type::Name("error".to_owned()))
            }
            _ => None,
        }
    }
}

fn names(spec: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = spec.walk();
    let names = spec.children_by_field_name("name", &mut cursor);
    names.filter(Node::is_named).collect()
}

/// The value of a constant is read apart: see [`Expression`].
impl Reader<'_> {
    fn expression(&self, node: Node<'_>, iota: i128, depth: u32) -> Expression {
        super::expressions::read(node, self.text, iota, depth)
    }
}
