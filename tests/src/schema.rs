//! JSON against a JSON schema (draft 7), as far as the schema of SARIF goes: types, references, objects, arrays, numbers,
//! enumerations and alternatives. Patterns and formats are not looked at.

use serde_json::{Map, Value};

/// What breaks the schema: the place in the document, and the rule.
pub fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut judge = Judge { root: schema, found: Vec::new() };
    judge.check(schema, document, "$");
    judge.found
}

struct Judge<'a> {
    root: &'a Value,
    found: Vec<String>,
}

impl Judge<'_> {
    fn complain(&mut self, at: &str, what: &str) {
        self.found.push(format!("{at}: {what}"));
    }

    fn check(&mut self, schema: &Value, value: &Value, at: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let place = reference.strip_prefix('#').and_then(|place| self.root.pointer(place));
            let Some(target) = place else { return self.complain(at, "unknown $ref") };
            return self.check(target, value, at);
        }
        let is_type = |name: &Value| name.as_str().is_some_and(|name| has_type(value, name));
        let is_wanted = match &schema["type"] {
            Value::Array(names) => names.iter().any(is_type),
            Value::Null => true,
            name => is_type(name),
        };
        if !is_wanted {
            return self.complain(at, &format!("not of type {}", schema["type"]));
        }
        if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
            self.complain(at, &format!("none of {}", schema["enum"]));
        }
        match value {
            Value::Object(object) => self.object(schema, object, at),
            Value::Array(items) => self.array(schema, items, at),
            Value::Number(number) => {
                let number = number.as_f64().unwrap_or_default();
                let beyond = |key: &str, is: fn(f64, f64) -> bool| {
                    schema[key].as_f64().is_some_and(|limit| is(number, limit))
                };
                if beyond("minimum", |n, limit| n < limit)
                    || beyond("maximum", |n, limit| n > limit)
                {
                    self.complain(at, "out of range");
                }
            }
            _ => {}
        }
        self.alternatives(schema, value, at);
    }

    fn alternatives(&mut self, schema: &Value, value: &Value, at: &str) {
        let fitting = |key: &str| {
            let fits = |one: &&Value| {
                let mut judge = Judge { root: self.root, found: Vec::new() };
                judge.check(one, value, at);
                judge.found.is_empty()
            };
            schema[key].as_array().map(|all| all.iter().filter(fits).count())
        };
        let (any, one) = (fitting("anyOf"), fitting("oneOf"));
        if any == Some(0) {
            self.complain(at, "fits none of anyOf");
        }
        if one.is_some_and(|count| count != 1) {
            self.complain(at, "does not fit one of oneOf");
        }
    }

    fn object(&mut self, schema: &Value, object: &Map<String, Value>, at: &str) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                self.complain(at, &format!("{name:?} is missing"));
            }
        }
        for (name, value) in object {
            let at = format!("{at}.{name}");
            match (schema["properties"].get(name), &schema["additionalProperties"]) {
                (Some(schema), _) => self.check(schema, value, &at),
                (None, Value::Bool(false)) => self.complain(&at, "unknown"),
                (None, other @ Value::Object(_)) => self.check(other, value, &at),
                (None, _) => {}
            }
        }
    }

    fn array(&mut self, schema: &Value, items: &[Value], at: &str) {
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if schema["minItems"].as_u64().is_some_and(|least| length < least) {
            self.complain(at, "too few items");
        }
        let is_twice = |(n, item): (usize, &Value)| items[..n].contains(item);
        if schema["uniqueItems"] == true && items.iter().enumerate().any(is_twice) {
            self.complain(at, "the same item twice");
        }
        if schema["items"].is_object() {
            for (n, item) in items.iter().enumerate() {
                self.check(&schema["items"], item, &format!("{at}[{n}]"));
            }
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "array" => value.is_array(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "string" => value.is_string(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_breaks_a_schema_is_found_where_it_is() {
        let schema = json!({
            "type": "object", "required": ["a"], "additionalProperties": false,
            "properties": {
                "a": { "$ref": "#/definitions/a" },
                "b": { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "type": "integer", "minimum": 1 } },
                "c": { "anyOf": [{ "required": ["x"] }, { "required": ["y"] }] },
            },
            "definitions": { "a": { "enum": ["p", "q"] } },
        });
        for (document, expected) in [
            (json!({ "a": "p", "b": [1, 2], "c": { "y": 1 } }), vec![]),
            (json!([]), vec!["$: not of type \"object\""]),
            (json!({ "d": 1 }), vec!["$: \"a\" is missing", "$.d: unknown"]),
            (json!({ "a": "r" }), vec!["$.a: none of [\"p\",\"q\"]"]),
            (json!({ "a": "p", "b": [] }), vec!["$.b: too few items"]),
            (
                json!({ "a": "p", "b": [1, 1, 0] }),
                vec!["$.b: the same item twice", "$.b[2]: out of range"],
            ),
            (json!({ "a": "p", "b": [1.5] }), vec!["$.b[0]: not of type \"integer\""]),
            (json!({ "a": "p", "c": {} }), vec!["$.c: fits none of anyOf"]),
        ] {
            assert_eq!(violations(&schema, &document), expected, "{document}");
        }
    }
}
