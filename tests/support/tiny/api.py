"""What callers of the tiny service send and receive."""

from typing import Annotated

from msgspec import Meta, Struct

Size = Annotated[float, Meta(ge=0, le=100, description="Centimetres.")]


class Leaf(Struct, frozen=True, forbid_unknown_fields=True):
    """One leaf, measured."""

    height: Size
    width: Size
    tags: Annotated[list[str], Meta(max_length=3)] | None = None


class Leaves(Struct, frozen=True, forbid_unknown_fields=True):
    """Many leaves."""

    leaves: Annotated[list[Leaf], Meta(min_length=1, max_length=1000)]


class Answer(Struct, frozen=True):
    """Whether it is an oak, and how sure that is."""

    oak: bool
    confidence: float
    model_version: str


class Answers(Struct, frozen=True):
    """One answer a leaf."""

    answers: list[Answer]


class Nap(Struct, frozen=True, forbid_unknown_fields=True):
    """How long to hold up a thread."""

    seconds: Annotated[float, Meta(ge=0, le=30)]


class Tree(Struct, frozen=True):
    """One kind of tree."""

    id: int
    name: str


class Trees(Struct, frozen=True):
    """Some kinds of trees."""

    trees: list[Tree]


class Greeting(Struct, frozen=True):
    """What the tree says, in the language that was asked for."""

    text: str


class Soil(Struct, frozen=True):
    """What the tree stands in."""

    moisture: float


class Ring(Struct, frozen=True):
    """One year of a tree."""

    number: int
    language: str


class Season(Struct, frozen=True):
    """What the tree does in a month, and whether somebody had to wait for it."""

    month: int
    does: str
    waited: bool


class SelfTest(Struct, frozen=True):
    """Stored leaves, and the probabilities that the signed model gave them."""

    leaves: list[Leaf]
    probabilities: list[float]
