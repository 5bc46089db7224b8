from codecompanion.routing.task_features import SLOTS, FeatureEncoder, TaskFeatures


def test_what_all_tasks_have_in_common_has_no_place_and_what_differs_from_it_has_one() -> None:
    encoder = FeatureEncoder()
    usual = TaskFeatures(role="coder", task_type="bug_fix", language="python")
    assert encoder.encode(usual) == {0: 1.0}
    other = encoder.encode(TaskFeatures(role="coder", task_type="docs", language="python"))
    assert [encoder.name_of(place) for place in other] == ["", "task_type docs"]
    assert encoder.encode(usual) == {0: 1.0}


def test_values_beyond_the_places_share_them_and_stay_where_they_are() -> None:
    encoder = FeatureEncoder()
    kinds = [TaskFeatures(language=f"language {n}") for n in range(2 * SLOTS["language"])]
    first = [encoder.encode(kind) for kind in kinds]
    assert [encoder.encode(kind) for kind in kinds] == first
    assert len({place for places in first for place in places}) <= 1 + SLOTS["language"]
