"""What publishing systems call the fields that keep readers from a story, and what they write into them.

Letters and figures alone, in lower case: ``Post-Password``, ``post_password`` and ``postPassword`` are one.
Words only; how they are told is for `recommender.story.hiding`.
"""

from __future__ import annotations

import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(unicodedata.normalize("NFKC", text).split())


NO = _words("false no off 0 0.0 f n none null nil nein non nee nej nei não nao never") | {""}
YES = _words("true yes on 1 1.0 t y")

PUBLIC = _words(
    "published publish public live corrected updated released online visible usable open free all "
    "everyone everybody anyone anybody world listed"
)
"""States, and visibilities, of what all readers may see. All others hide."""

DRAFTS = _words(
    "draft autodraft drafted entwurf brouillon borrador rascunho bozza kladde utkast luonnos szkic "
    "taslak draf черновик чернетка 下書き 草稿 খসড়া"
)
GONE = _words(
    "trash trashed deleted softdeleted removed retracted withdrawn killed kill spiked recalled "
    "canceled cancelled takendown"
)
KEPT_BACK = _words(
    "private hidden unlisted password passwd passwordhash passwordprotected protected unpublished "
    "internalonly confidential secret headless suppressed disabled archived restricted previewonly "
    "onhold membersonly loginrequired requireslogin requirespassword notforpublication "
    "markedfornotpublication donotpublish dontpublish notpublished notpublic invisible nonpublic "
    "membersaccessrole legalhold onlegalhold legallyblocked notforuse "
    "staffonly adminonly unreleased unapproved quarantined expired hide spike neverpublish"
)
HIDING = DRAFTS | GONE | KEPT_BACK
"""Flags that hide a story unless they are empty or say no."""

HIDING_IF_YES = _words(
    "internal preview classified hold held pending offline inactive blocked locked wip needsreview"
)
"""Flags that hide a story if they say yes; anything else in them is about something else."""

SHOWING = _words(
    "public published publish visible publiclyvisible publishable viewable publishedtoweb "
    "publishtoweb publishedonweb publishedflag publishflag publishonline veröffentlicht publié "
    "publicado publicada pubblicato gepubliceerd opublikowane"
)
"""Flags that hide a story unless they say yes."""

SHOWING_IF_NO = _words(
    "online enabled active listed approved released show display render output showonsite showonweb"
)
"""Flags that hide a story if they say no; anything else in them is about something else."""

STATED = _words(
    "status statusname statuslabel statustext statusvalue state stage lifecycle statut estado stato "
    "zustand durum draftstate draftstatus visibleto viewableby readableby статус visibility "
    "visibilitylevel visibilitylabel access accesslevel accesscontrol privacy privacylevel"
)
"""Fields that hold a state or a visibility."""

STATES = (
    HIDING
    | HIDING_IF_YES
    | _words(
        "future scheduled inherit new submitted ready review inreview needsreview pendingreview forreview "
        "underreview inprogress progress editing edit proof pitch assigned idea planned queued waiting "
        "rejected failed closed members member subscribers subscriber registered paid premium tiers "
        "custom friends group groups staff admin admins editors nobody none authenticated loggedin "
        "embargoed embargo unknown unposted withheld postponed"
    )
)
"""States, and visibilities, that are known to hide."""

OPENS = _words(
    "holduntil helduntil hiddenuntil hideuntil notbefore donotpublishbefore publishafter releaseat "
    "releaseon releasedate releasetime schedule scheduled scheduledfor scheduledat scheduledon "
    "scheduleddate scheduledate scheduledtime scheduledpublish scheduledpublishdate "
    "scheduledpublication publishat publishon publishup publishfrom publishstart publicationstart "
    "golive goliveat golivedate goliveon availablefrom availableat visiblefrom validfrom activefrom "
    "showfrom sperrfrist showafter visibleafter displayfrom livefrom"
)
"""Fields that hold from when on readers may see a story; so does all that begins with ``embargo``."""

CLOSES = _words(
    "validto displayuntil liveuntil expires expire expiry expiration expirydate expirytime "
    "expirationdate expirationtime expiresat expireson expireat expiredate expiredat unpublish "
    "unpublishat unpublishon unpublishdate unpublishtime publishdown publishuntil publishend "
    "publicationend visibleuntil validuntil availableuntil activeuntil showuntil hideafter takedownat "
    "takedowndate takedownon removeat removeon deleteat deleteon sunsetdate sunsetat "
    "scheduledunpublish dateunpublished dateexpires dateexpired"
)
"""Fields that hold from when on readers may not."""

DATES = _words(
    "publishdate publishedat publishedon publisheddate publicationdate datepublished pubdate "
    "publishtime publishedtime published publish"
)
"""Fields that hold when a story came out: of several the latest counts."""

SET_AT = GONE | _words("unpublished archived")
"""Flags whose names may tell, at their end, that they hold when they were set."""

UNLISTING = _words(
    "noindex noindexed robotsnoindex metarobotsnoindex excludefromsearch hidefromsearch "
    "excludefromlists hidefromlists excludefromfeeds excludefromrecommendations norecommend "
    "donotrecommend"
)
"""Flags of a story that readers may see and are not to be led to."""

LISTING = _words("searchable indexable recommendable list sitemap")
"""Flags that say so if they say no."""

ROBOTS = _words("robots metarobots robotsmeta googlebot rankmathrobots")
"""What robots are told."""

NO_INDEX = _words("noindex none")
"""What tells them not to list a page."""

AT = ("at", "on", "date", "time", "gmt")
"""How such names end."""

BEFORE = (
    "publication", "publishing", "moderation", "editorial", "document", "workflow", "creativework", "article",
    "content", "current", "publish", "review", "under", "story",
    "published", "can", "entry", "item", "node", "page", "post",
    "field", "has", "pub", "cms", "doc", "web", "was", "is", "wp",
)  # fmt: skip
"""What stands before the name of a field, and says no more."""

HOLDERS = _words(
    "build wordpress drupal ghost hugo extra extras meta metadata flags flag params custom customfields "
    "workflow properties additionalproperties settings options publishing publication attributes "
    "system sys admin cms control permissions fields acf frontmatter editorial wp data article story "
    "post item restrictions contentrestrictions schedule scheduling moderation"
)
"""Objects, and lists of flags, that hold what is said of a story."""

NAMED = ("name", "value", "id", "label", "slug", "code", "key", "type", "state", "status", "level")
"""Where an object that is a state has its word, the surest first."""

KEYS, VALUES = ("key", "meta_key", "name"), ("value", "meta_value", "content")
"""Where a field that is written as an object of both has its name, and its value."""
