//! The search for an order, after Wing and Gong: take any operation that no other one must precede, see whether the
//! model allows its answer, go on with the rest; step back where nothing fits. States that were seen before are not
//! searched again.

use std::collections::HashSet;

use super::{Action, Operation};

/// Where a version stands in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum State<'a> {
    Absent,
    Accepted(&'a str),
    Withdrawn(&'a str),
}

/// What becomes of the state when the operation happens now; `None` where its answer would be wrong.
fn step<'a>(state: State<'a>, action: &'a Action) -> Option<State<'a>> {
    use State::{Absent, Accepted, Withdrawn};
    let fits = match (action, state) {
        (Action::Pushed(content) | Action::PushedPerhaps(content), Absent) => {
            return Some(Accepted(content));
        }
        (Action::Withdrawn, Accepted(content)) => return Some(Withdrawn(content)),
        (Action::Restored, Withdrawn(content)) => return Some(Accepted(content)),
        // The same once more changes nothing.
        (Action::Pushed(new) | Action::PushedPerhaps(new), Accepted(content)) => new == content,
        (Action::Refused(_), _) => true,
        // The same content once more is no reason to refuse.
        (Action::RefusedAsTaken(new), Accepted(content)) => new != content,
        (Action::RefusedAsTaken(_), Withdrawn(_)) => true,
        (Action::SawNothing, Absent) => true,
        (Action::Saw(seen), Accepted(content)) => seen == content,
        (Action::SawWithdrawn, Withdrawn(_)) => true,
        (Action::SawListed, Accepted(_)) => true,
        (Action::SawUnlisted, Absent | Withdrawn(_)) => true,
        _ => false,
    };
    fits.then_some(state)
}

/// Whether the operation can change the state.
fn is_write(action: &Action) -> bool {
    let writes = [Action::Withdrawn, Action::Restored].contains(action);
    writes || matches!(action, Action::Pushed(_) | Action::PushedPerhaps(_))
}

/// Whether the operation may as well never happen.
fn is_optional(action: &Action) -> bool {
    matches!(action, Action::PushedPerhaps(_))
}

/// An operation without an answer can happen at any time after its call.
fn end(operation: &Operation) -> u64 {
    if is_optional(&operation.action) { u64::MAX } else { operation.answered }
}

struct Search<'a> {
    operations: Vec<&'a Operation>,
    seen: HashSet<(Vec<u64>, State<'a>)>,
    /// The most operations that any order had, and the one that did not fit then.
    deepest: (usize, Option<&'a Operation>),
}

/// Whether some order explains all answers.
///
/// # Errors
/// With an operation that fits nowhere, from the order that led furthest.
pub fn check(operations: &[Operation]) -> Result<(), String> {
    let mut sorted: Vec<&Operation> = operations.iter().collect();
    sorted.sort_by_key(|operation| (operation.called, end(operation)));
    let done = vec![0; sorted.len().div_ceil(64)];
    let mut search = Search { operations: sorted, seen: HashSet::new(), deepest: (0, None) };
    if search.goes_on(done, 0, State::Absent) {
        return Ok(());
    }
    let stuck = search.deepest.1.map(ToString::to_string);
    Err(stuck.unwrap_or_default())
}

impl<'a> Search<'a> {
    /// Whether the operations that are not done yet can follow in some order.
    fn goes_on(&mut self, mut done: Vec<u64>, mut count: usize, state: State<'a>) -> bool {
        // What changes nothing may happen as soon as it can: that takes no choice away.
        while let Some(at) = self.next(&done).into_iter().find(|at| {
            let action = &self.operations[*at].action;
            !is_write(action) && step(state, action).is_some()
        }) {
            mark(&mut done, at);
            count += 1;
        }
        let next = self.next(&done);
        let left = |at: &usize| !is_optional(&self.operations[*at].action);
        let waiting = next.iter().copied().find(left);
        let Some(waiting) = waiting else { return true };
        if count >= self.deepest.0 {
            self.deepest = (count, Some(self.operations[waiting]));
        }
        if !self.seen.insert((done.clone(), state)) {
            return false;
        }
        for at in next {
            let action = &self.operations[at].action;
            if !is_write(action) {
                continue;
            }
            if let Some(then) = step(state, action) {
                let mut done = done.clone();
                mark(&mut done, at);
                if self.goes_on(done, count + 1, then) {
                    return true;
                }
            }
        }
        false
    }

    /// Those that may happen next: called before any other one that is left was answered.
    fn next(&self, done: &[u64]) -> Vec<usize> {
        let (mut next, mut first_end) = (Vec::new(), u64::MAX);
        for (at, operation) in self.operations.iter().enumerate() {
            if is_marked(done, at) {
                continue;
            }
            // Those behind it were called later still.
            if operation.called > first_end {
                break;
            }
            first_end = first_end.min(end(operation));
            next.push(at);
        }
        next.retain(|at| self.operations[*at].called <= first_end);
        next
    }
}

fn mark(done: &mut [u64], at: usize) {
    done[at / 64] |= 1 << (at % 64);
}

fn is_marked(done: &[u64], at: usize) -> bool {
    done[at / 64] & (1 << (at % 64)) != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn at(called: u64, answered: u64, action: Action) -> Operation {
        Operation { called, answered, client: "c".to_owned(), action }
    }

    fn pushed(content: &str) -> Action {
        Action::Pushed(content.to_owned())
    }

    fn perhaps(content: &str) -> Action {
        Action::PushedPerhaps(content.to_owned())
    }

    fn taken(content: &str) -> Action {
        Action::RefusedAsTaken(content.to_owned())
    }

    fn refused(content: &str) -> Action {
        Action::Refused(content.to_owned())
    }

    fn saw(content: &str) -> Action {
        Action::Saw(content.to_owned())
    }

    #[track_caller]
    fn good(operations: &[Operation]) {
        assert_eq!(check(operations), Ok(()));
    }

    #[track_caller]
    fn bad(operations: &[Operation]) {
        assert!(check(operations).is_err(), "an order was found for {operations:?}");
    }

    use Action::{Restored, SawListed, SawNothing, SawUnlisted, SawWithdrawn, Withdrawn};

    #[test]
    fn histories_that_an_order_explains_are_good() {
        good(&[]);
        good(&[at(0, 1, SawNothing), at(2, 3, pushed("a")), at(4, 5, saw("a"))]);
        // Whoever asks during the push may see either.
        good(&[
            at(0, 9, pushed("a")),
            at(1, 2, SawNothing),
            at(3, 4, saw("a")),
            at(5, 6, SawListed),
        ]);
        good(&[at(0, 9, pushed("a")), at(1, 9, SawNothing), at(1, 9, saw("a"))]);
        // Of two pushes at once one wins.
        good(&[at(0, 9, pushed("a")), at(0, 9, taken("b")), at(10, 11, saw("a"))]);
        good(&[at(0, 9, pushed("a")), at(0, 3, refused("b")), at(10, 11, saw("a"))]);
        // The same again.
        good(&[at(0, 1, pushed("a")), at(2, 3, pushed("a")), at(4, 5, saw("a"))]);
        // One whose answer was lost happened, later or never.
        good(&[at(0, 1, perhaps("a")), at(2, 3, SawNothing), at(4, 5, saw("a"))]);
        good(&[at(0, 1, perhaps("a")), at(2, 3, SawNothing), at(4, 5, pushed("b"))]);
        good(&[at(0, 1, perhaps("a"))]);
        good(&[
            at(0, 1, pushed("a")),
            at(2, 9, Withdrawn),
            at(3, 4, saw("a")),
            at(5, 6, SawWithdrawn),
            at(10, 12, Restored),
            at(11, 11, SawUnlisted),
            at(13, 14, saw("a")),
        ]);
    }

    #[test]
    fn lost_push_is_found() {
        bad(&[at(0, 1, pushed("a")), at(2, 3, SawNothing)]);
        bad(&[at(0, 1, pushed("a")), at(2, 3, SawUnlisted)]);
        bad(&[at(0, 1, pushed("a")), at(2, 3, pushed("b"))]);
    }

    #[test]
    fn invented_and_refused_content_is_found() {
        bad(&[at(0, 1, saw("a"))]);
        bad(&[at(0, 1, refused("a")), at(2, 3, saw("a"))]);
        bad(&[at(0, 1, taken("a"))]);
        bad(&[at(0, 9, pushed("a")), at(1, 2, saw("b"))]);
        bad(&[at(5, 9, pushed("a")), at(1, 2, saw("a"))]);
        bad(&[at(5, 9, perhaps("a")), at(1, 2, saw("a"))]);
        bad(&[at(0, 1, pushed("a")), at(2, 3, taken("a"))]);
    }

    #[test]
    fn answers_that_go_back_are_found() {
        bad(&[at(0, 9, pushed("a")), at(1, 2, saw("a")), at(3, 4, SawNothing)]);
        bad(&[at(0, 9, pushed("a")), at(1, 2, saw("a")), at(3, 4, SawUnlisted)]);
        bad(&[at(0, 9, pushed("a")), at(1, 2, taken("b")), at(3, 4, SawNothing)]);
        bad(&[at(0, 1, perhaps("a")), at(2, 3, saw("a")), at(4, 5, SawNothing)]);
        let withdrawn = [at(0, 1, pushed("a")), at(2, 9, Withdrawn)];
        bad(&[&withdrawn[..], &[at(3, 4, SawWithdrawn), at(5, 6, saw("a"))]].concat());
        bad(&[&withdrawn[..], &[at(10, 11, SawListed)]].concat());
    }

    #[test]
    fn second_content_is_found() {
        bad(&[
            at(0, 9, perhaps("a")),
            at(0, 9, perhaps("b")),
            at(1, 2, saw("a")),
            at(3, 4, saw("b")),
        ]);
        bad(&[at(0, 9, pushed("a")), at(0, 9, pushed("b"))]);
    }

    /// A history made by a register that works, and the same with one answer changed after the fact.
    fn generated(random: &mut Random) -> (Vec<Operation>, Vec<Operation>) {
        let mut operations = Vec::new();
        let winner = random.below(8);
        // The push of the winner happens at this moment; everybody's moment lies inside of the operation.
        let happens = 1000 + random.below(1000);
        for client in 0..8 {
            let moment = if client == winner { happens } else { 100 + random.below(3000) };
            let (before, after) = (random.below(90), random.below(400));
            let content = client.to_string();
            let action = match (client == winner, moment < happens) {
                (true, _) => pushed(&content),
                (false, true) => refused(&content),
                (false, false) => taken(&content),
            };
            operations.push(at(moment - before, moment + after, action));
        }
        for _ in 0..40 {
            let moment = 100 + random.below(3000);
            let (before, after) = (random.below(90), random.below(90));
            let action = match moment < happens {
                true if random.below(2) == 0 => SawUnlisted,
                true => SawNothing,
                false => saw(&winner.to_string()),
            };
            operations.push(at(moment - before, moment + after, action));
        }
        let mut spoilt = operations.clone();
        // Long after everything.
        spoilt.push(at(9000, 9001, if random.below(2) == 0 { SawNothing } else { saw("other") }));
        (operations, spoilt)
    }

    #[test]
    fn thousands_of_generated_histories_are_told_apart() {
        let mut random = Random::new(61);
        for _ in 0..2000 {
            let (fine, spoilt) = generated(&mut random);
            good(&fine);
            bad(&spoilt);
        }
    }

    #[test]
    fn many_pushes_without_answers_are_searched_in_time() {
        let mut operations: Vec<Operation> =
            (0..60).map(|n| at(n, n + 1, perhaps(&n.to_string()))).collect();
        operations.extend((0..500).map(|n| at(100 + n, 101 + n, SawNothing)));
        operations.push(at(1000, 1001, saw("59")));
        good(&operations);
        operations.push(at(1002, 1003, SawNothing));
        bad(&operations);
    }
}
