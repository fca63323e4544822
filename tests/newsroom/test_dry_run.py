"""What is only tried leaves nothing, and hides nothing that comes meanwhile."""

from __future__ import annotations

from recommender.newsroom import Newsroom
from recommender.newsroom.dry_run import rehearsed
from tests.newsroom.world import SUBJECTS, a_story, another, blocks_of, drain, fill, members


def test_a_hundred_dry_runs_leave_the_store_as_it_was(newsroom: Newsroom) -> None:
    stories = fill(newsroom)
    store, blocks = newsroom.archive.view.store, blocks_of(newsroom, stories)
    size, held = store.size, len(store)
    for n in range(100):
        assert newsroom.publish(a_story(f"try{n}", SUBJECTS[n % 3]), dry_run=True).dry_run
    assert newsroom.archive.view.store is store
    assert (store.size, len(store)) == (size, held)
    assert blocks_of(newsroom, stories) == blocks
    story = a_story("fresh", SUBJECTS[0])
    tried = newsroom.publish(story, dry_run=True)
    done = newsroom.publish(story)
    assert (tried.block.slots, store.size) == (done.block.slots, size + 1)
    with another(newsroom) as fresh:
        fresh.archive.rebuild()
        drain(fresh)
        drain(newsroom)
        every = [*stories, story]
        assert members(blocks_of(fresh, every)) == members(blocks_of(newsroom, every))


def test_a_story_that_comes_while_another_is_tried_is_kept(newsroom: Newsroom) -> None:
    fill(newsroom)
    with another(newsroom) as other, rehearsed(newsroom.archive, a_story("tried", SUBJECTS[1])) as known:
        assert known.num == newsroom.archive.view.store.size - 1
        other.publish(a_story("fresh", SUBJECTS[0]))
        newsroom.archive.catch_up()
    view = newsroom.archive.catch_up()
    (num,) = newsroom.archive.catalog.nums_of(["fresh"]).values()
    assert num in view.store
    assert newsroom.block("fresh").slots
