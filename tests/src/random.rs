//! Numbers that look random and are the same in every run (xorshift64*).

/// A generator with a fixed seed.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from `seed`, which must not be zero.
    pub fn new(seed: u64) -> Self {
        assert_ne!(seed, 0, "xorshift stays at zero");
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// The seed of a test that looks for faults: `MODGATE_SEED`, or always the same. A failure says it.
#[track_caller]
pub fn seed() -> u64 {
    match std::env::var("MODGATE_SEED") {
        Ok(text) => text.parse().expect("MODGATE_SEED is a number"),
        Err(_) => 20_261_125,
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn same_seed_gives_the_same_numbers_within_bounds() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.below(10)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!(draw(7).iter().all(|number| *number < 10));
        assert!((0..10).all(|wanted| draw(7).contains(&wanted)), "all numbers appear");
    }
}
