//! The known word that is nearest to a mistyped one.

/// The first of `words` with the smallest edit distance; `None` where there is no word.
pub fn nearest<'w>(typed: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    words.into_iter().min_by_key(|word| distance(typed, word))
}

/// Insertions, deletions and replacements between two texts (Levenshtein), swapped neighbours counting once.
fn distance(a: &str, b: &str) -> usize {
    // Keys are short; what is longer than any of them is far from all of them.
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().collect();
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_edit_distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "ab", 2),
            ("prefx", "prefix", 1),
            ("rtoo", "root", 2),
            ("orot", "root", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_word_wins() {
        assert_eq!(nearest("lisen", ["dir", "listen", "root"]), Some("listen"));
        assert_eq!(nearest("x", []), None);
    }
}
