//! The GOPROXY protocol over ledger and repositories, without sockets.

pub(crate) mod answer;
pub(crate) mod content;
pub(crate) mod former;
pub(crate) mod respond;

#[cfg(test)]
mod tests;
