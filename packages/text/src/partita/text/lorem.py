"""Filler text, for pages whose words are not there yet."""

import random

__all__ = ("COMMON_PARAGRAPH", "WORDS", "paragraph", "paragraphs", "sentence", "words")

COMMON_PARAGRAPH = (
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt ut labore et dolore "
    "magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo "
    "consequat. Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. "
    "Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum."
)
_COMMON = COMMON_PARAGRAPH.lower().replace(",", "").replace(".", "").split()[:19]
# Words of Cicero's "De finibus", which the paragraph above was cut from.
_FINIBUS = (
    "neque porro quisquam est qui dolorem ipsum quia dolor sit amet consectetur adipisci velit sed non numquam eius "
    "modi tempora incidunt ut labore et dolore magnam aliquam quaerat voluptatem enim ad minima veniam quis nostrum "
    "exercitationem ullam corporis suscipit laboriosam nisi aliquid ex ea commodi consequatur autem vel eum iure "
    "reprehenderit in voluptate esse quam nihil molestiae illum fugiat quo voluptas nulla pariatur at vero eos "
    "accusamus iusto odio dignissimos ducimus blanditiis praesentium voluptatum deleniti atque corrupti quos "
    "dolores quas molestias excepturi sint occaecati cupiditate provident similique sunt culpa officia deserunt "
    "mollitia animi id laborum dolorum fuga harum quidem rerum facilis expedita distinctio nam libero tempore cum "
    "soluta nobis eligendi optio cumque impedit minus quod maxime placeat facere possimus omnis assumenda "
    "repellendus temporibus quibusdam officiis debitis aut necessitatibus saepe eveniet voluptates repudiandae "
    "recusandae itaque earum hic tenetur a sapiente delectus reiciendis voluptatibus maiores alias perferendis "
    "doloribus asperiores repellat "
)
WORDS = tuple(_FINIBUS.split())


def words(count: int, common: bool = True) -> str:
    """Return words.

    Args:
        count: How many; a negative one leaves so many of the common 19 out.
        common: Begin with the 19 that everybody knows.
    """
    found = [*_COMMON[:count]] if common else []
    rest = count - len(found) if count > 0 else 0
    while rest > 0:
        taken = random.sample(WORDS, min(rest, len(WORDS)))
        found += taken
        rest -= len(WORDS)
    return " ".join(found)


def sentence() -> str:
    """Return one to five groups of three to twelve words, with a capital letter and a full stop or a question mark."""
    groups = [" ".join(random.sample(WORDS, random.randint(3, 12))) for _ in range(random.randint(1, 5))]
    text = ", ".join(groups)
    return f"{text[:1].upper()}{text[1:]}{random.choice('?.')}"


def paragraph() -> str:
    """Return one to four sentences."""
    return " ".join(sentence() for _ in range(random.randint(1, 4)))


def paragraphs(count: int, common: bool = True) -> list[str]:
    """Return paragraphs; the first is `COMMON_PARAGRAPH` if ``common``."""
    return [COMMON_PARAGRAPH if common and at == 0 else paragraph() for at in range(count)]
