//! A finding's stable name.

use sha2::{Digest, Sha256};

/// 16 hexadecimal digits over contract, rule, subject and the old and new value: text, line, file order and callers may
/// change without changing it.
#[must_use]
pub fn fingerprint(contract: &str, rule: &str, subject: &str, old: &str, new: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [contract, rule, subject, old, new] {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(&hasher.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighboring_parts_do_not_run_together() {
        let one = fingerprint("a.yaml", "schema/x", "S", "1", "2");
        assert_eq!(one.len(), 16);
        assert_eq!(one, fingerprint("a.yaml", "schema/x", "S", "1", "2"));
        assert_ne!(one, fingerprint("a.yaml", "schema/x", "S", "12", ""));
    }
}
