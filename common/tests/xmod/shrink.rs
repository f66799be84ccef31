//! Making a case smaller while the two sides still differ.

use crate::judge::Case;

/// So many smaller cases are tried at once.
const TRIES: usize = 256;

/// A smallest case: nothing can be left out without making the difference go away.
///
/// `first_that_differs` answers with the first of the cases that still shows a difference.
pub(crate) fn shrink(
    mut case: Case,
    first_that_differs: impl Fn(Vec<Case>) -> Option<Case>,
) -> Case {
    let longest = |case: &Case| case.iter().map(Vec::len).max().unwrap_or_default();
    let mut piece = longest(&case);
    loop {
        piece = piece.min(longest(&case)).max(1);
        match first_smaller(&case, piece, &first_that_differs) {
            Some(smaller) => case = smaller,
            None if piece == 1 => return case,
            None => piece /= 2,
        }
    }
}

fn first_smaller(
    case: &Case,
    piece: usize,
    first_that_differs: impl Fn(Vec<Case>) -> Option<Case>,
) -> Option<Case> {
    let mut smaller = smaller(case, piece);
    loop {
        let tries: Vec<Case> = smaller.by_ref().take(TRIES).collect();
        if tries.is_empty() {
            return None;
        }
        if let Some(found) = first_that_differs(tries) {
            return Some(found);
        }
    }
}

/// The case less one field, or less one piece of a field.
fn smaller(case: &Case, piece: usize) -> impl Iterator<Item = Case> {
    let less_field = (0..case.len()).map(|at| {
        let mut smaller = case.clone();
        smaller.remove(at);
        smaller
    });
    let less_piece = case.iter().enumerate().flat_map(move |(at, field)| {
        (0..field.len()).step_by(piece).map(move |start| {
            let mut smaller = case.clone();
            let end = field.len().min(start + piece);
            smaller[at].drain(start..end);
            smaller
        })
    });
    less_field.chain(less_piece)
}

#[test]
fn what_is_left_is_what_differs() {
    let case = vec![b"some noise".to_vec(), b"more and (the) reason and more".to_vec(), vec![]];
    let differs = |case: &Case| case.iter().any(|field| field.windows(5).any(|w| w == b"(the)"));
    let smallest = shrink(case, |cases| cases.into_iter().find(differs));
    assert_eq!(smallest, [b"(the)".to_vec()]);
    assert_eq!(shrink(vec![vec![]], |_| None), [Vec::<u8>::new()]);
}
