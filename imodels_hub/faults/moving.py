"""Faults that move: the timeline itself changes while somebody reads it."""

from collections.abc import Callable

from imodels_hub.api.answers import Answer
from imodels_hub.faults.effect import Effect, Scene


def pushes(count: int = 1) -> Effect:
    """Push changesets behind the answer."""
    return _behind(lambda scene: scene.stage.push(count))


def gaps(count: int = 3, gap: int = 5) -> Effect:
    """Push changesets before the answer, each leaving numbers out of the index."""
    return _before(lambda scene: scene.stage.push(count, gap=gap))


def waiting_for_file(count: int = 1) -> Effect:
    """Push changesets before the answer whose files have not arrived."""
    return _before(lambda scene: scene.stage.push(count, state="waitingForFile"))


def rolled_back(count: int = 10, push: int = 10) -> Effect:
    """Take the last changesets away behind the answer, and push others in their place."""

    def move(scene: Scene) -> None:
        scene.stage.roll_back(count)
        scene.stage.push(push)

    return _behind(move)


def _before(move: Callable[[Scene], object]) -> Effect:
    def effect(proceed: Callable[[], Answer], scene: Scene) -> Answer:
        move(scene)
        return proceed()

    return effect


def _behind(move: Callable[[Scene], object]) -> Effect:
    def effect(proceed: Callable[[], Answer], scene: Scene) -> Answer:
        answer = proceed()
        move(scene)
        return answer

    return effect
