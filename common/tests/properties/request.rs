//! Request paths (`goproxy::parse`): what is accepted names a valid module, and writing it gives the same request.

use modgate_common::goproxy::{Request, RequestError, parse};
use modgate_common::module;

/// The input is a request path.
pub(crate) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let request = match parse(&text) {
        Ok(request) => request,
        Err(error) => return super::assert_tells(&error),
    };
    module::check_path(request.module()).expect("only valid modules are asked for");
    if let Some(written) = written(&request) {
        assert_eq!(parse(&written).as_ref(), Ok(&request), "{written:?}");
        let encoded: String = written.bytes().map(encode).collect();
        match parse(&encoded) {
            Ok(again) => assert_eq!(again, request, "{encoded:?}"),
            Err(error) => assert_eq!(error, RequestError::TooLong),
        }
    }
}

/// The path that a client sends; `None` where the query has no escaped form (M10).
fn written(request: &Request) -> Option<String> {
    let path = module::escape_path(request.module()).expect("the module is valid");
    let file = |version: &str, kind: &str| {
        let version = module::escape_version(version).ok()?;
        Some(format!("/{path}/@v/{version}.{kind}"))
    };
    match request {
        Request::Info { query, .. } => file(query, "info"),
        Request::Latest { .. } => Some(format!("/{path}/@latest")),
        Request::List { .. } => Some(format!("/{path}/@v/list")),
        Request::Mod { version, .. } => file(version, "mod"),
        Request::Zip { version, .. } => file(version, "zip"),
    }
}

/// Every second byte in hex: mixed forms are one path.
fn encode(byte: u8) -> String {
    if byte.is_multiple_of(2) { format!("%{byte:02X}") } else { char::from(byte).to_string() }
}
