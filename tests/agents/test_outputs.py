"""What a model hands over is taken as it means it, where it can mean one thing only."""

from codecompanion.agents.outputs import Finish


def test_a_claim_that_is_a_sentence_cites_what_it_names() -> None:
    said = Finish.model_validate({"summary": "Done.", "claims": ["test_below passes (E1, E12)", {"text": "it is fast"}]})
    assert [(one.text, one.evidence) for one in said.claims] == [
        ("test_below passes (E1, E12)", ("E1", "E12")),
        ("it is fast", ()),
    ]
