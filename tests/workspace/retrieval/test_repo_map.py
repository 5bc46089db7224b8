import anyio
import pytest

from codecompanion.workspace.retrieval.answer import answer
from codecompanion.workspace.retrieval.project import Project, open_project
from codecompanion.workspace.retrieval.repo_map import repo_map, tokens_of

FILES = {
    "src/shop/cart.py": "class Cart:\n    def total(self, tax):\n        return tax\n\n    def clear(self):\n        pass\n",
    "src/shop/tax.py": "def rate(country):\n    return 1\n",
    "web/cart.ts": "export function drawCart(id: string): void {\n}\n",
    "docs/cart.md": "# Cart\n",
    "a/b/c/d/e/f/g/h/x.py": "def export(ledger): ...\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Project:
    root = tmp_path_factory.mktemp("shop")
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    async def job() -> Project:
        return await open_project(root, tmp_path_factory.mktemp("state"), on_progress=lambda _done, _of: None, say=print)

    return anyio.run(job)


def drawn(shop: Project, objective: str, budget_tokens: int) -> str:
    return repo_map(shop, answer(shop, objective), budget_tokens)


def test_the_map_is_a_tree_of_signatures(shop: Project) -> None:
    assert drawn(shop, "total of the cart", 1000) == (
        "docs/\n"
        "  cart.md\n"
        "src/\n"
        "  shop/\n"
        "    cart.py\n"
        "      1: class Cart\n"
        "        2: def total(self, tax)\n"
        "        5: def clear(self)\n"
        "web/\n"
        "  cart.ts\n"
        "    1: function drawCart(id: string): void"
    )


@pytest.mark.parametrize("objective", ["total of the cart with tax", "export the ledger"])
@pytest.mark.parametrize("budget_tokens", [1, 5, 10, 20, 25, 30, 35, 40, 60, 100])
def test_the_map_stays_within_its_budget(shop: Project, budget_tokens: int, objective: str) -> None:
    assert tokens_of(drawn(shop, objective, budget_tokens)) <= budget_tokens


def test_a_small_map_has_what_matters_most(shop: Project) -> None:
    assert "def total(self, tax)" in drawn(shop, "total of the cart", 40)
    assert "clear" not in drawn(shop, "total of the cart", 40)


def test_what_has_nothing_to_do_with_the_objective_is_not_on_the_map(shop: Project) -> None:
    assert "cart" not in drawn(shop, "`rate` of a country", 1000)
