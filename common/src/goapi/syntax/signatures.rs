//! Types and signatures.

use tree_sitter::Node;

use super::{Reader, children, line};
use crate::goapi::types::{Direction, Field, Interface, Method, Parameter, Signature, Type};

/// Types that nest deeper are unknown: no real one does.
const MAX_DEPTH: u32 = 64;

/// The type parameters in sight.
#[derive(Default)]
pub(super) struct Scope {
    /// Those of the receiver.
    pub(super) receiver: Vec<String>,
    /// Those of the declaration itself.
    pub(super) own: Vec<String>,
}

impl Scope {
    fn find(&self, name: &str) -> Option<Parameter> {
        let at = |list: &[String]| list.iter().position(|own| own == name);
        let parameter =
            |index, of_receiver| Parameter { name: name.to_owned(), of_receiver, index };
        at(&self.own)
            .map(|index| parameter(index, false))
            .or_else(|| at(&self.receiver).map(|index| parameter(index, true)))
    }
}

impl Reader<'_> {
    /// A type outside of any generic declaration.
    pub(super) fn plain_type(&self, node: Node<'_>) -> Type {
        self.type_of(node, &Scope::default(), 0)
    }

    /// The type of a function literal.
    pub(super) fn func_type(&self, node: Node<'_>) -> Type {
        Type::Func(Box::new(self.parameters_and_results(node, &Scope::default(), 0)))
    }

    /// The signature of a declaration, whose type parameters join the scope.
    pub(super) fn signature(&self, node: Node<'_>, scope: &mut Scope) -> Signature {
        let constraints = self.type_parameters(node, scope);
        Signature { constraints, ..self.parameters_and_results(node, scope, 0) }
    }

    /// The constraints of the type parameters, which join the scope.
    pub(super) fn type_parameters(&self, node: Node<'_>, scope: &mut Scope) -> Vec<Type> {
        let Some(list) = node.child_by_field_name("type_parameters") else { return Vec::new() };
        let mut constraints = Vec::new();
        for declaration in children(list) {
            let mut cursor = declaration.walk();
            let names = declaration.children_by_field_name("name", &mut cursor);
            for name in names.filter(Node::is_named) {
                scope.own.push(self.text(name));
                constraints.push(declaration.child_by_field_name("type"));
            }
        }
        let constraint = |node: Option<Node<'_>>| match node.map(children).as_deref() {
            Some([one]) => self.type_of(*one, scope, 0),
            _ => Type::Unknown(node.map(|node| self.text(node)).unwrap_or_default()),
        };
        constraints.into_iter().map(constraint).collect()
    }

    fn parameters_and_results(&self, node: Node<'_>, scope: &Scope, depth: u32) -> Signature {
        let mut signature = Signature::default();
        if let Some(list) = node.child_by_field_name("parameters") {
            (signature.parameters, signature.is_variadic) = self.parameters(list, scope, depth);
        }
        match node.child_by_field_name("result") {
            Some(list) if list.kind() == "parameter_list" => {
                signature.results = self.parameters(list, scope, depth).0;
            }
            Some(one) => signature.results = vec![self.type_of(one, scope, depth + 1)],
            None => {}
        }
        signature
    }

    fn parameters(&self, list: Node<'_>, scope: &Scope, depth: u32) -> (Vec<Type>, bool) {
        let mut types = Vec::new();
        let mut is_variadic = false;
        for declaration in children(list) {
            let Some(of) = declaration.child_by_field_name("type") else { continue };
            let of = self.type_of(of, scope, depth + 1);
            is_variadic |= declaration.kind() == "variadic_parameter_declaration";
            let mut cursor = declaration.walk();
            let names = declaration.children_by_field_name("name", &mut cursor);
            let count = names.filter(Node::is_named).count().max(1);
            types.extend(std::iter::repeat_n(of, count));
        }
        (types, is_variadic)
    }

    /// Any type.
    pub(super) fn type_of(&self, node: Node<'_>, scope: &Scope, depth: u32) -> Type {
        let unknown = || Type::Unknown(self.text(node));
        if depth > MAX_DEPTH {
            return unknown();
        }
        let below = |node| Box::new(self.type_of(node, scope, depth + 1));
        let field = |name| node.child_by_field_name(name);
        let first = || node.named_child(0);
        let found = match node.kind() {
            "array_type" => field("length")
                .zip(field("element"))
                .map(|(length, element)| Type::Array(self.text(length), below(element))),
            "channel_type" => field("value").map(|value| Type::Chan(direction(node), below(value))),
            "function_type" => {
                let signature = self.parameters_and_results(node, scope, depth + 1);
                Some(Type::Func(Box::new(signature)))
            }
            "generic_type" => field("type").zip(field("type_arguments")).map(|(of, arguments)| {
                let arguments = children(arguments).into_iter().map(|node| *below(node));
                Type::Instance(below(of), arguments.collect())
            }),
            "interface_type" => Some(Type::Interface(self.interface(node, scope, depth + 1))),
            "map_type" => field("key")
                .zip(field("value"))
                .map(|(key, value)| Type::Map(below(key), below(value))),
            "parenthesized_type" => return first().map_or_else(unknown, |node| *below(node)),
            "pointer_type" => first().map(|of| Type::Pointer(below(of))),
            "qualified_type" => field("package").zip(field("name")).map(|(package, name)| {
                Type::Qualified(self.imports.resolve(&self.text(package)), self.text(name))
            }),
            "slice_type" => field("element").map(|element| Type::Slice(below(element))),
            "struct_type" => Some(Type::Struct(self.fields(node, scope, depth + 1))),
            "type_identifier" => {
                let name = self.text(node);
                Some(scope.find(&name).map_or(Type::Name(name), Type::Parameter))
            }
            // A type argument, or an element of an interface with a single type.
            "type_elem" if node.named_child_count() == 1 => {
                return first().map_or_else(unknown, |node| *below(node));
            }
            _ => None,
        };
        found.unwrap_or_else(unknown)
    }

    fn interface(&self, node: Node<'_>, scope: &Scope, depth: u32) -> Interface {
        let mut interface = Interface::default();
        for element in children(node) {
            match (element.kind(), element.child_by_field_name("name")) {
                ("method_elem", Some(name)) => interface.methods.push(Method {
                    name: self.text(name),
                    signature: self.parameters_and_results(element, scope, depth),
                    line: line(name),
                }),
                _ => match children(element).as_slice() {
                    [one] if one.kind() != "negated_type" => {
                        interface.embedded.push(self.type_of(*one, scope, depth));
                    }
                    _ => interface.has_union = true,
                },
            }
        }
        interface
    }

    fn fields(&self, node: Node<'_>, scope: &Scope, depth: u32) -> Vec<Field> {
        let mut fields = Vec::new();
        let lists = children(node);
        for declaration in lists.iter().flat_map(|list| children(*list)) {
            let Some(of) = declaration.child_by_field_name("type") else { continue };
            let is_pointer = children_are_pointer(declaration);
            let type_of = self.type_of(of, scope, depth);
            let tag = declaration.child_by_field_name("tag");
            let tag = tag.map(|tag| self.text(tag)).unwrap_or_default();
            let mut cursor = declaration.walk();
            let names = declaration.children_by_field_name("name", &mut cursor);
            let names: Vec<Node<'_>> = names.filter(Node::is_named).collect();
            let field = |name, is_embedded, of, at| Field {
                name,
                is_embedded,
                tag: tag.clone(),
                of,
                line: line(at),
            };
            if names.is_empty() {
                let name = embedded_name(&type_of);
                let of_field = if is_pointer { Type::Pointer(Box::new(type_of)) } else { type_of };
                fields.push(field(name, true, of_field, of));
                continue;
            }
            for name in names {
                fields.push(field(self.text(name), false, type_of.clone(), name));
            }
        }
        fields
    }
}

/// The name of a field that is embedded with this type.
fn embedded_name(of: &Type) -> String {
    match of {
        Type::Instance(of, _) | Type::Pointer(of) => embedded_name(of),
        Type::Name(name) | Type::Qualified(_, name) => name.clone(),
        other => other.to_string(),
    }
}

/// Whether a field is embedded with a star, which is no node of its own.
fn children_are_pointer(declaration: Node<'_>) -> bool {
    let mut cursor = declaration.walk();
    declaration.children(&mut cursor).any(|child| child.kind() == "*")
}

fn direction(node: Node<'_>) -> Direction {
    let mut cursor = node.walk();
    let words: Vec<&str> =
        node.children(&mut cursor).filter(|child| !child.is_named()).map(|c| c.kind()).collect();
    match words.as_slice() {
        ["<-", ..] => Direction::Receive,
        [_, "<-", ..] => Direction::Send,
        _ => Direction::Both,
    }
}
