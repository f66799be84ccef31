//! The signature of what is sent: HMAC-SHA256 (RFC 2104) over time and body.

use hmac::digest::InvalidLength;
use hmac::{Hmac, KeyInit, Mac};
use modgate_common::hex;
use sha2::Sha256;

/// Signs with one secret.
pub(super) struct Signer(Hmac<Sha256>);

impl Signer {
    /// The signer with this secret.
    ///
    /// # Errors
    /// None: a secret of HMAC has any length.
    pub(super) fn new(secret: &[u8]) -> Result<Self, InvalidLength> {
        Hmac::new_from_slice(secret).map(Self)
    }

    /// The signature over `TIMESTAMP.BODY`, in hex.
    pub(super) fn sign(&self, timestamp: i64, body: &[u8]) -> String {
        self.over(&[timestamp.to_string().as_bytes(), b".", body])
    }

    fn over(&self, parts: &[&[u8]]) -> String {
        let mut mac = self.0.clone();
        parts.iter().for_each(|part| mac.update(part));
        hex::text(&mac.finalize().into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of RFC 4231.
    #[test]
    fn it_is_the_hmac_that_others_compute() {
        let check = |key: &[u8], data: &[u8], expected: &str| {
            let signer = Signer::new(key).unwrap();
            assert_eq!(signer.over(&[data]), expected);
            let (head, tail) = data.split_at(data.len() / 2);
            assert_eq!(signer.over(&[head, tail]), expected);
        };
        check(
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        );
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }
}
