import pytest

from codecompanion.routing.arm_priors import NOTHING_KNOWN, TRUST, Listed, listed_models, priors_for, words_of


def test_every_row_of_the_table_has_a_source_and_a_date() -> None:
    rows = listed_models()
    assert len(rows) > 40
    assert all(row.source.split()[1].count("-") == 2 for row in rows)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("anthropic:claude-opus-4-20250514", ("claude", "opus", "4")),
        ("openrouter:qwen/Qwen2.5-Coder-32B-Instruct", ("qwen2", "5", "coder", "32b")),
        ("gpt-5.4", ("gpt", "5", "4")),
        ("gpt-4-0613", ("gpt", "4", "0613")),
    ],
)
def test_a_name_is_reduced_to_what_says_something_about_the_model(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_stronger_models_are_expected_to_do_better_and_strangers_are_open() -> None:
    priors = priors_for(["openai:gpt-5", "openai:gpt-4.1", "openai:gpt-4.1-mini", "somebody:something"], listed_models())
    assert priors["openai:gpt-5"].ability > priors["openai:gpt-4.1"].ability > priors["openai:gpt-4.1-mini"].ability
    assert priors["somebody:something"] == NOTHING_KNOWN


def test_a_newer_version_takes_after_its_family_but_less_surely() -> None:
    table = listed_models()
    exact, newer = (priors_for([name, "gpt-4.1"], table)[name] for name in ("gpt-5", "gpt-5.4"))
    assert newer.ability == exact.ability
    assert (newer.ability_variance or 0) > (exact.ability_variance or 0)
    assert "gpt-5 65.0 %" in newer.source


def test_what_is_expected_is_beside_the_others() -> None:
    priors = priors_for(["gpt-5", "gpt-5-mini", "gpt-5-nano"], listed_models())
    assert sum(prior.ability for prior in priors.values()) == pytest.approx(0.0)
    assert priors["gpt-5"].log_cost > priors["gpt-5-mini"].log_cost


def test_what_two_benchmarks_say_of_a_model_is_averaged_and_surer_than_what_one_says() -> None:
    table = (
        Listed(("one", "9"), 1.0, -1.0, "first"),
        Listed(("other", "9"), 0.0, 0.0, "first"),
        Listed(("one", "9"), 2.0, 3.0, "second"),
    )
    priors = priors_for(["one-9", "other-9"], table)
    assert priors["one-9"].ability - priors["other-9"].ability == pytest.approx(1.5 * TRUST)
    assert (priors["one-9"].ability_variance or 0) < (priors["other-9"].ability_variance or 0)
    assert priors["one-9"].source == "first; second"
    assert priors["one-9"].log_cost - priors["other-9"].log_cost == pytest.approx(-1.0)
