"""What every journal must do, as a list of laws that any implementation can run against itself.

Each law is a coroutine that takes a `JournalWorld` and raises `AssertionError` if the law is broken:

    @pytest.mark.parametrize("law", JOURNAL_LAWS, ids=lambda law: law.__name__)
    async def test_my_journal_obeys(law, world):
        await law(world)
"""

from batuta.testing.journal_laws import log, runs, sharing, values
from batuta.testing.journal_laws.world import JournalWorld, Law

__all__ = ["JOURNAL_LAWS", "JournalWorld", "Law"]

JOURNAL_LAWS: tuple[Law, ...] = (
    log.what_is_committed_is_read_as_it_was_appended,
    log.reading_behind_a_position_gives_only_what_follows,
    log.an_append_at_the_wrong_position_is_refused_whole,
    log.appends_that_counted_on_a_refused_one_are_refused_too,
    log.after_a_refusal_a_fresh_look_lets_one_append_again,
    log.an_outsider_between_two_appends_does_not_let_the_second_pass,
    log.a_refusal_in_one_stream_leaves_the_others_alone,
    log.an_append_without_a_condition_stands_at_the_end,
    log.a_commit_commits_everything_appended_before_it,
    log.streams_are_chained_without_waiting,
    log.many_may_wait_for_one_commit_and_one_may_ask_twice,
    log.a_waiter_that_is_cancelled_disturbs_nobody,
    log.flush_waits_for_everything_and_raises_nothing,
    log.the_global_order_is_that_of_appending,
    log.what_another_process_commits_is_read,
    log.of_two_processes_with_the_same_position_one_wins,
    log.what_was_acknowledged_outlives_the_process,
    sharing.waiting_ends_when_a_fact_lands,
    sharing.waiting_for_what_is_there_returns_at_once_and_for_nothing_times_out,
    sharing.watchers_hear_of_other_writers_only,
    sharing.a_watcher_hears_of_an_outsider_in_its_own_process,
    sharing.a_run_can_be_claimed_by_one_living_process,
    sharing.the_runs_of_a_dead_process_can_be_claimed,
    runs.the_list_of_runs_follows_the_facts,
    runs.runs_are_listed_newest_first_by_status_and_by_due_time,
    runs.runs_are_narrowed_by_plan_and_by_the_time_they_were_accepted,
    values.a_value_is_stored_once_under_its_name,
    values.a_value_can_be_read_as_soon_as_it_is_put,
    values.an_unknown_value_is_not_found,
    values.a_fact_that_refers_to_nothing_stored_is_refused,
    values.retention_erases_old_runs_and_keeps_their_shape,
    values.retention_erases_old_words_of_the_workspace,
    values.a_value_goes_when_nothing_uses_it_and_not_before,
    values.a_closed_journal_keeps_what_was_queued_and_takes_no_more,
)
