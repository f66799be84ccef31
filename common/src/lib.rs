//! The domain of modgate, in reading order.
//!
//! Everything outside [`io`] is pure: it is given bytes, values or a small trait and answers with
//! values. No network, no clock, no environment, no global state.

pub mod version;

pub mod timestamp;

pub mod unicode;

pub mod quote;

pub mod pseudo;

pub mod module;

pub mod gomod;

pub mod gosource;

pub mod tags;

pub mod hex;

pub mod objects;

pub mod attributes;

pub mod dirhash;

pub mod modzip;

pub mod resolve;

pub mod goapi;

pub mod goproxy;

pub mod ledger;

pub mod intake;

pub mod nearest;

pub mod policy;

pub mod rules;

pub mod report;

pub mod settings;

pub mod control;

pub mod io;
