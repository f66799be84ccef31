//! Generated repositories, asked of the go command and of modgate.
//!
//! Read in this order:
//!
//! - [`plan`] a repository as data, [`text`] the same as a case file, [`mod@write`] the same as a bare repository
//! - [`dice`] decisions, [`gomods`], [`contents`], `trees`, `references`, [`history`] a plan from a seed
//! - [`questions`] what can be asked of it, [`facts`] what is answered
//! - [`judge`] compares the answers, [`known`] says which differences are known, `kinds` how each is recognised; [`published`] compares with the default policy
//! - [`batch`] several repositories at once, [`cases`] those of the case files, [`shrink`] a small one that still differs
//! - [`job`] very many, in parts, with [`tally`] adding up

pub mod batch;
pub mod cases;
pub mod contents;
pub mod dice;
pub mod facts;
pub mod gomods;
pub mod history;
pub mod job;
pub mod judge;
mod kinds;
pub mod known;
pub mod plan;
pub mod published;
pub mod questions;
mod references;
pub mod shrink;
pub mod tally;
pub mod text;
mod trees;
pub mod write;
