//! The core of the suite again, with the pusher and the daemon as different Unix users of one group.

use modgate_tests::site::Site;
use modgate_tests::users::split;

use crate::policy::skips;
use crate::{crowd, faults, http, kills, layouts, push_rules, visibility};

#[test]
fn rules_hold_for_two_users() {
    split(|| {
        push_rules::plain_release_is_accepted_with_a_receipt();
        push_rules::module_path_mismatch();
        push_rules::release_unfetchable();
        push_rules::branches_and_other_tags_pass_untouched();
        push_rules::twenty_tags_in_one_push_give_twenty_receipts();
    });
}

#[test]
fn immutability_holds_for_two_users() {
    split(|| {
        push_rules::moved_tag_is_refused();
        push_rules::deleted_tag_is_refused();
        push_rules::republished_version_is_refused();
        faults::one_of_two_pushes_of_a_tag_at_the_same_moment_wins();
    });
}

#[test]
fn skips_hold_for_two_users() {
    split(|| {
        skips::a_skipped_rule_admits_the_push_and_serves_nothing_broken();
        skips::a_skip_of_a_moved_tag_changes_no_answer();
        skips::install_turns_push_options_on_where_rules_may_be_skipped();
    });
}

#[test]
fn changes_show_for_two_users() {
    split(|| {
        visibility::pushed_tag_is_listed_when_the_push_returns();
        visibility::tag_made_on_the_server_shows_within_a_second();
        visibility::moved_tag_keeps_the_first_content();
        faults::socket_of_a_dead_daemon_is_no_obstacle();
    });
}

#[test]
fn modules_are_served_for_two_users() {
    split(|| {
        layouts::plain_module();
        layouts::module_in_a_sub_directory();
        http::answers_have_their_types_and_lifetimes();
        http::what_is_not_there_is_said_in_one_line();
    });
}

#[test]
fn kills_lose_nothing_for_two_users() {
    split(kills::accepted_versions_survive_fifty_kills);
}

#[test]
fn stopping_and_starting_the_daemon_costs_no_push_for_two_users() {
    split(|| crowd::pushes_while_daemons_come_and_go(8, true));
}

#[test]
fn push_of_a_release_without_a_daemon_is_refused_in_words() {
    split(|| {
        let site = Site::new();
        let lib = site.repository("acme/lib");
        site.install();
        lib.release("v1.0.0").push(&["main"]).accepted().silent();
        lib.push(&["v1.0.0"]).refused().says("not your fault").lacks("git tag -d");
        lib.tag("nightly").push(&["nightly"]).accepted().silent();
        let daemon = site.serve();
        lib.push(&["v1.0.0"]).accepted().receipt();
        assert_eq!(daemon.list(&lib.module()), ["v1.0.0"]);
        assert_eq!(site.entry(&lib.module(), "v1.0.0")["pusher"], "modgate-e2e-push");
    });
}

#[test]
fn on_error_open_lets_the_push_through_and_the_daemon_judges_later() {
    split(|| {
        let site = Site::new();
        site.configure("[policy]\non_error = \"open\"\n");
        let lib = site.repository("acme/lib");
        site.install();
        lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted().says("not your fault");
        assert_eq!(site.serve().list(&lib.module()), ["v1.0.0"]);
    });
}
