"""What stands above or before links to related stories, in the languages of newsrooms.

Knows words, not pages: `related.py` says where a phrase is a label and where it is part of a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Labels(NamedTuple):
    """The labels of one language, phrases with ``|`` between them.

    Parameters
    ----------
    read : str
        Calls to read on: before a headline they make a line of its own.
    related : str
        Names of a list that an editor set.
    generic : str
        Names of lists that nobody set for this story: by chance they are as near as any other story.
    """

    read: str
    related: str
    generic: str


LABELS: Mapping[str, Labels] = {
    "en": Labels(
        "read more|read also|also read|read next|more to read|see also|see related|further reading|must read|"
        "now read|up next|also see",
        "related|related stories|related articles|related story|related article|related news|related content|"
        "related links|related reading|related posts|related post|related coverage|related topics|"
        "more on this|more on this story|more on this topic|more on this subject",
        "you may like|you may also like|you might like|you might also like|you may also be interested in|"
        "you might be interested in|recommended|recommended for you|recommended stories|recommended articles|"
        "most read|most popular|most viewed|popular|popular stories|popular posts|popular now|trending|"
        "trending now|trending stories|latest|latest news|latest stories|top stories|editor's picks|"
        "editors' picks|don't miss|more news|more stories|from around the web|around the web|sponsored|"
        "sponsored stories|promoted stories|more like this|what to read next|must see|you may have missed",
    ),
    "bn": Labels(
        "আরও পড়ুন|আরো পড়ুন|আরও পড়ুন|আরো পড়ুন|আরও দেখুন|এটিও পড়ুন|এটিও পড়ুন",
        "সম্পর্কিত খবর|সম্পর্কিত সংবাদ|সংশ্লিষ্ট খবর|প্রাসঙ্গিক খবর|এ সংক্রান্ত আরও খবর",
        "সর্বাধিক পঠিত|সর্বশেষ|সর্বশেষ খবর|জনপ্রিয়|জনপ্রিয়|আরও খবর",
    ),
    "hi": Labels(
        "यह भी पढ़ें|ये भी पढ़ें|यह भी पढ़ें|ये भी पढ़ें|यह भी पढ़े|ये भी पढ़े|इसे भी पढ़ें|इसे भी पढ़ें|और पढ़ें",
        "संबंधित खबरें|संबंधित ख़बरें|संबंधित समाचार|संबंधित लेख|इससे जुड़ी खबरें",
        "सबसे ज्यादा पढ़ी गई|ट्रेंडिंग|ताजा खबरें|ताज़ा ख़बरें",
    ),
    "mr": Labels("हे ही वाचा|हेही वाचा|अधिक वाचा|हे पण वाचा", "संबंधित बातम्या", "लोकप्रिय बातम्या"),
    "ta": Labels("மேலும் படிக்க|இதையும் படிக்க|இதையும் படியுங்கள்", "தொடர்புடைய செய்திகள்", "அதிகம் படித்தவை"),
    "te": Labels("ఇది కూడా చదవండి|ఇవీ చదవండి|ఇవి కూడా చదవండి", "సంబంధిత వార్తలు", "తాజా వార్తలు"),
    "ur": Labels("یہ بھی پڑھیں|مزید پڑھیں", "متعلقہ خبریں", "مقبول ترین"),
    "ar": Labels(
        "اقرأ أيضا|اقرأ أيضاً|اقرأ أيضًا|اقرا ايضا|اقرأ ايضا|إقرأ أيضا|إقرأ أيضاً|اقرأ المزيد|شاهد أيضا|شاهد أيضاً|طالع أيضا",
        "أخبار ذات صلة|اخبار ذات صلة|مواضيع ذات صلة|مقالات ذات صلة|موضوعات متعلقة|أخبار متعلقة|ذات صلة",
        "الأكثر قراءة|آخر الأخبار|قد يعجبك أيضا|قد يعجبك أيضاً|اخترنا لك",
    ),
    "fa": Labels("بیشتر بخوانید|همچنین بخوانید", "اخبار مرتبط|مطالب مرتبط", "پربازدیدترین‌ها|پربازدیدترین"),
    "pt": Labels(
        "leia mais|leia também|veja mais|veja também|saiba mais|confira também|ler mais|ler também|leia ainda",
        "matérias relacionadas|notícias relacionadas|conteúdo relacionado|conteúdos relacionados|"
        "artigos relacionados|relacionadas|relacionado",
        "mais lidas|últimas notícias|você pode gostar|você também pode gostar|mais populares|"
        "recomendados para você",
    ),
    "es": Labels(
        "lea también|lee también|leer más|lea más|lee más|leer también|le puede interesar|"
        "te puede interesar|vea también|ver también|mira también|lea además|lee además",
        "noticias relacionadas|artículos relacionados|notas relacionadas|contenido relacionado|"
        "temas relacionados|relacionadas",
        "más leídas|lo más leído|las más leídas|lo más visto|últimas noticias|te recomendamos|más noticias|"
        "también te puede gustar",
    ),
    "fr": Labels(
        "lire aussi|à lire aussi|lire également|à lire également|à lire|voir aussi|pour aller plus loin|"
        "lire la suite|à voir aussi",
        "sur le même sujet|articles liés|articles connexes|dans le même thème|articles similaires",
        "les plus lus|à la une|vous aimerez aussi|recommandé pour vous|les plus consultés",
    ),
    "de": Labels(
        "lesen sie auch|lesen sie mehr|lesen sie hier|lesen sie dazu|lies auch|mehr lesen|auch interessant|"
        "siehe auch|mehr dazu|zum weiterlesen",
        "ähnliche artikel|verwandte artikel|verwandte themen|zum thema|mehr zum thema|mehr zu diesem thema|"
        "passend dazu",
        "meistgelesen|meistgelesene artikel|beliebt|das könnte sie auch interessieren|"
        "das könnte dich auch interessieren|empfohlen|empfohlene artikel",
    ),
    "it": Labels(
        "leggi anche|leggi di più|per approfondire|vedi anche|leggi pure",
        "articoli correlati|notizie correlate|correlati|sullo stesso argomento",
        "i più letti|ti potrebbe interessare|potrebbe interessarti anche|ultime notizie",
    ),
    "nl": Labels(
        "lees ook|lees meer|lees verder",
        "gerelateerde artikelen|gerelateerd|meer over dit onderwerp",
        "meest gelezen|misschien vindt u dit ook leuk",
    ),
    "sv": Labels("läs också|läs mer|läs även", "relaterade artiklar|relaterat|mer om ämnet", "mest läst"),
    "no": Labels("les også|les mer", "relaterte artikler|relatert", "mest lest"),
    "da": Labels("læs også|læs mere", "relaterede artikler|relateret", "mest læst|mest læste"),
    "fi": Labels("lue myös|lue lisää", "aiheesta lisää|aiheeseen liittyvää", "luetuimmat"),
    "pl": Labels(
        "czytaj też|czytaj także|czytaj również|zobacz też|zobacz także|przeczytaj także|przeczytaj też|"
        "czytaj więcej",
        "powiązane artykuły|podobne artykuły",
        "najczęściej czytane|najpopularniejsze",
    ),
    "cs": Labels("čtěte také|čtěte více|přečtěte si také", "související články|související", "nejčtenější"),
    "sk": Labels("čítajte tiež|prečítajte si aj", "súvisiace články", "najčítanejšie"),
    "ru": Labels(
        "читайте также|читайте ещё|читайте еще|читать также|смотрите также|читайте по теме|читайте подробнее",
        "по теме|материалы по теме|похожие материалы|новости по теме",
        "самое читаемое|популярное|вам может быть интересно|последние новости",
    ),
    "uk": Labels("читайте також|дивіться також", "за темою|матеріали за темою", "найпопулярніше"),
    "bg": Labels("прочетете още|вижте още", "свързани новини", "най-четени"),
    "hr": Labels("pročitajte i|pročitajte još|pročitajte više", "povezane vijesti|povezane vesti", "najčitanije"),
    "ro": Labels("citește și|citiți și|vezi și|citeste si", "articole similare|știri similare", "cele mai citite"),
    "hu": Labels("olvasta már|olvassa el ezt is", "kapcsolódó cikkek|kapcsolódó", "legolvasottabb"),
    "el": Labels("διαβάστε επίσης|διαβάστε ακόμη|διαβάστε ακόμα", "σχετικά άρθρα|σχετικά", "δημοφιλή"),
    "tr": Labels(
        "ayrıca okuyun|bunu da okuyun|ayrıca bakınız",
        "ilgili haberler|ilgili haber",
        "en çok okunanlar|çok okunanlar|bunlar da ilginizi çekebilir",
    ),
    "id": Labels("baca juga|simak juga|lihat juga", "berita terkait|artikel terkait", "terpopuler|berita terbaru"),
    "sw": Labels("soma pia|soma zaidi", "habari zinazohusiana", "habari maarufu"),
    "vi": Labels(
        "xem thêm|đọc thêm|đọc tiếp", "tin liên quan|tin tức liên quan|bài liên quan", "đọc nhiều nhất|tin mới nhất"
    ),
    "th": Labels("อ่านเพิ่มเติม|อ่านข่าวเพิ่มเติม|อ่านต่อ", "ข่าวที่เกี่ยวข้อง", "ข่าวล่าสุด"),
    "he": Labels("קראו גם|קראו עוד|ראו גם|לקריאה נוספת", "כתבות קשורות", "הנקראות ביותר"),
    "ja": Labels(
        "あわせて読みたい|合わせて読みたい|こちらもおすすめ", "関連記事|関連ニュース|関連リンク|関連", "アクセスランキング|人気記事|おすすめ記事"
    ),
    "zh": Labels(
        "延伸阅读|延伸閱讀|另见|另見",
        "相关新闻|相关报道|相关文章|相关阅读|相關新聞|相關報導|相關文章|相關閱讀|关联阅读",
        "热门新闻|热门文章|猜你喜欢|熱門新聞|熱門文章|推荐阅读",
    ),
    "ko": Labels("더 읽기|함께 읽기", "관련기사|관련 기사|관련뉴스|관련 뉴스", "인기기사|많이 본 뉴스|추천 기사"),
}  # fmt: skip


def phrases(kind: str) -> tuple[str, ...]:
    """Return the phrases of one kind of label in all languages, the longest first."""
    found = {phrase for labels in LABELS.values() for phrase in getattr(labels, kind).split("|")}
    return tuple(sorted(found, key=lambda phrase: (-len(phrase), phrase)))
