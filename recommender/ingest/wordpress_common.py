"""What exports and API of WordPress have in common: which entries are stories, who may see them, paragraphs.

Knows WordPress's words, not the formats that they come in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from recommender.ingest.item import Item
from recommender.story.story import Status

# Types of WordPress itself and of widespread plug-ins that are no stories. Any other type is one: sites name
# theirs as they like.
_NO_STORY = frozenset(
    {
        "page", "attachment", "revision", "nav_menu_item", "custom_css", "customize_changeset",
        "oembed_cache", "user_request", "wp_block", "wp_template", "wp_template_part", "wp_global_styles",
        "wp_navigation", "wp_font_family", "wp_font_face", "acf-field", "acf-field-group", "acf-post-type",
        "acf-taxonomy", "elementor_library", "elementor_snippet", "wpcf7_contact_form", "wpforms",
        "feedback", "shop_order", "shop_order_refund", "shop_coupon", "product", "product_variation",
        "mc4wp-form", "jp_pay_order", "safecss", "amp_validated_url", "guest-author", "scheduled-action",
        "vc4_templates", "fl-builder-template", "popup", "forum", "topic", "reply", "jetpack_migration",
        "jp_img_sitemap", "jp_sitemap",
    }
)  # fmt: skip
NO_SECTION = frozenset({"uncategorized", "uncategorised", "allgemein", "non classé", "sin categoría"})
"""What WordPress files a post under that nobody has filed, in lower case."""
WPML_LANGUAGE, WPML_GROUP = "_wpml_import_language_code", "_wpml_import_translation_group"
"""Custom fields by which WPML's exports say in which language a post is, and with which others it belongs."""
_LEAST, _MOST = 2, 100  # posts in a group of translations, one a language
_MARK = re.compile(r"xmlns:wp\s*=|<wp:wxr_version>")
_GONE = frozenset({"trash", "deleted"})
_BLOCK = re.compile(r"<(?:p|div|h[1-6]|ul|ol|table|blockquote|figure|section|pre)\b", re.IGNORECASE)
_PART = re.compile(r"<!--\s*(?:more\b[^<>]{0,200}|nextpage|noteaser)\s*-->")  # where a page may end
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")


def translated_guids(group: Sequence[int], own: str, guid: str) -> list[str]:
    """Return the guids of a post's translations by Polylang, where its own tells how they are made.

    A group that one joins has another key from then on, and the others may not be sent again.

    Parameters
    ----------
    group : sequence of int
        Ids of the posts that are translations of each other.
    own, guid : str
        Those of the post.
    """
    made = guid.removesuffix(f"p={own}")
    others = group if _is_group(group, own) and made != guid else ()
    return [f"{made}p={each}" for each in others if str(each) != own]


def translation_key(group: Sequence[int], own: str, address: str) -> str:
    """Return what Polylang's translations of a post have in common: the least of their ids, at their site."""
    return f"{urlsplit(address).hostname} {min(group)}" if _is_group(group, own) else ""


def _is_group(ids: Sequence[int], own: str) -> bool:
    return _LEAST <= len(ids) <= _MOST and own in map(str, ids)


def is_export(text: str) -> bool:
    """Return whether XML that begins so is an export: it names WordPress's own elements."""
    return bool(_MARK.search(text))


def is_story(type_: str) -> bool:
    """Return whether entries of a type are stories."""
    return type_ not in _NO_STORY


def show_as(item: Item, status: str, *, locked: bool) -> None:
    """Say what readers may see: only what is published and has no password.

    A scheduled post stays hidden too, whatever its time: only the site says that it came out.
    """
    if status in _GONE:
        item.hide(f"its status is {status!r}", Status.RETRACTED)
    elif status != "publish":
        item.hide(f"its status is {status!r}" if status else "it has no status")
    elif locked:
        item.hide("it has a password")


def paragraphs(content: str) -> str:
    """Return a body with its paragraphs marked, where WordPress marks them only as it shows them."""
    content = _PART.sub("\n\n", content)
    if _BLOCK.search(content) or not _BLANK_LINE.search(content):
        return content
    return "".join(f"<p>{part.strip()}</p>\n" for part in _BLANK_LINE.split(content) if part.strip())
