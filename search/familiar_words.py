"""Everyday English that no typing error explains: a question with such a word does not want it corrected to one the articles happen to use."""

from search.words import stem

_WORDS = """
    able absolutely accident accidentally accountant actual actually address adult advice afraid afternoon age agree ahead air alarm alive allow allowed alone
    along although amazing among amount angry animal annoyed annoying answer apart apparently appear apply area argue arm army arrive arrived art article
    aside asleep aunt autumn average award away awful baby bad badly bag ball band bank bar bare basement basically basket bath beach bear beat beautiful bed
    bedroom beer began begin behave behaviour behind believe bell belong below belt bend bent beside besides better beyond big bike bill bird birthday bit
    bite black blame blank blind blood blow blue boat body boil bone book boot border bored boring born borrow boss bother bottle bottom bought bowl brain
    brand brave bread breakfast breath breathe brick bridge brief briefly bright bring broke broken brother brought brown brush bug built bunch burn burst
    bury bus busy butter buy buyer cable cake calm came camera camp candle car care careful carpet carry castle cat catch caught cause ceiling cell centre
    chair chance chap charge chart chat cheap cheaper check cheese chicken child childhood children choice choose chose chosen christmas church circle citizen
    city claim class classroom clean clever client climb clock close closed cloth clothes cloud club coat coffee coin cold colleague collect college colour
    come comes comfortable coming common company complain complaint completely computer concern confused confusing contain content cook cool copy corner cost
    count country couple course court cousin cover cow crazy cream cried crop cross crowd cry cup cupboard curious current currently curtain cut cute daily
    damage dance danger dangerous dark date daughter dead deaf deal death debt decide decided deep deer definitely degree delay delighted demand dentist
    depend desk despite dessert diet different difficult dig dinner dirt dirty disappointed discuss dish distance doctor dog dollar door dot double doubt
    downstairs dozen draw drawer dream dress drew drink drive driver drop drove drunk dry duck dust duty each eager ear early earn earth easily east easy eat
    edge education egg eight eighty either elderly else email empty end ended enemy engine enjoy enough enter entire entirely environment equal especially
    euro even evening event eventually everybody everyone everything everywhere evil exact exactly exam except exchange excited exciting excuse exercise
    expect expensive explain extra extremely eye face fact fail fair fairly fall false family famous fan fancy far farm fast fat father fault favour favourite
    fear feed feel feeling feet fell felt female fence fetch fight figure fill film final finally fine finger finish finished fire first fish fit five fix
    flat flew floor flour flower fly folk follow food fool foot forest forever forget forgot forgotten fork form fortunately forty forward found four free
    freeze fresh fridge friend friendly frightened front frozen fruit frustrated frustrating fuel full fully fun funny furniture future game garage garden
    gate gather gave general generally gentle gentleman gift girl glad glass goal god gold gone grab grade grandfather grandmother grass grateful grave great
    green grew grey ground group grow guard guess guest guide guy guys habit hair half hall hand handle hang happen happened happening happens happy hard
    hardly harm hat hate headache health hear heard heart heat heavy heel height held hell helper helpful hidden hide high hill hire history hit hobby hold
    hole holiday home homework honest honestly honey hook hope hopefully hoping horrible horse hospital hot hotel hour house huge human hundred hungry hurry
    hurt husband ice idea ignore ill imagine immediately important impossible improve include including income incredibly indeed indoor inside instead
    interest interested interesting internet invisible invite iron island item jacket job join joke journey joy judge juice jump just keen keep keeps kept
    kettle kick kid kids kill kind king kitchen knee knew knife knock known label lack lady lake lamp land language laptop large last late lately later laugh
    law lawyer lay lazy leader leaf learn least leather leave left leg legal lend length less lesson letter lettuce lie life lift likely line lip list listen
    lit litter little live living load loan local lock lonely long longer look looked loose lose loss lost loud love lovely low luck luckily lucky lunch
    machine mad magazine mail main mainly male man manage manager map mark market married mask master match matter meal meaning meant meanwhile measure meat
    medicine meet meeting member memory men mention mess message met metal method middle midnight mile milk million mind mine minute mirror miss mistake mix
    mixed mobile model moment monday money month mood moon morning mostly mother motorbike mountain mouse mouth move movie mum murder muscle museum music
    myself nail naked name narrow nation nature naughty near nearby nearly neat neck neighbour neither nephew nervous nest net never nice niece night nine
    nobody noise noisy none noon normal normally north nose note nothing notice noticed nowhere number nurse nut object obvious obviously occasionally odd
    offer office officer often oil old older onion open opinion opposite orange order ordinary organise original ought ourselves outside oven owner pack page
    paid pain paint pair pale pan pants paper parcel pardon parent parents park part partly partner party pass past path patience patient pause pay payment
    peace pen pencil penny people pepper perfect perfectly period person pet phone photo piano pick picture pie piece pig pile pin pink pipe pity place plain
    plan plane plant plate play player pleasant please pleased pleasure plenty pocket poem point pole police polite pool poor pop popular postman pot potato
    pound pour power practice prefer pregnant prepare present pretend pretty prevent price pride prince prison private prize probably produce professor
    promise proper properly proud prove pub public pull punish pupil purple purpose purse push put puzzled quarter queen quick quickly quiet quit quite rabbit
    race radio rain raise ran random randomly rang rarely rather reach read ready real realise reason recently reckon recognise red refuse refuses regret
    regularly relative relax remain remember rent repair repeat reply rest return rice rich rid ride ring rise river road robot rock roll roof room root rope
    rough round row royal rub rubbish rude ruin rule run sad safe said sail salad salt sand sandwich sat satisfied saturday save saw scare scared school
    science scissors screw sea search season seat second secret seed seem seldom sell send sensible sent sentence separate serious seriously seven several
    shake shall shame shape share shared sharp shed sheep sheet shelf shell shine ship shirt shock shoe shoot shop short shot shoulder shout shower shut shy
    sick side sight sign silence silly silver simple simply sing single sink sister sit site six size skill skin skirt sky sleep sleeve slept slice slide
    slight slightly slip slow slowly small smart smell smile smoke smooth snake snow soap social sock soft sold soldier solid solve somehow someone somewhere
    son song soon sore sort sound soup south space spare speak special speech speed spell spelling spend spent spider spin spite split spoil spoke spoon sport
    spot spread spring square staff stage stair stamp stand star start starts station stay steal steel step stick sticky stiff still stole stomach stone stood
    stop store storm story straight straightaway strange stranger street strength stretch strict string stripe stripes strong stuck student study stuff stupid
    style subject succeed success such sudden suffer sugar suggest suit suitable sum summer sun sunday supper supply support suppose surely surface surprise
    surprised sweet swim swing table tail taken talk tall tape task taste taught tax tea teach teacher team tear teenager teeth tell ten tent terrible
    terribly test thick thief thin think third thirsty thirty thought thousand threat three threw throat throw thrown thumb thursday tidy tie tight till time
    tin tiny tip tired tiring title toe together toilet told tomatoes tomorrow tongue tonight took tool tooth top topic total totally touch tough tour towards
    towel tower town toy track trade traffic train translate travel treat tree trick trip trouble trousers truck true trust truth tuesday tune turn turned
    twelve twenty twice twin twist two type typo ugly umbrella unable uncle underneath understand unfortunately unhappy uniform universe university unless
    unlike unusual upset upstairs urgent urgently usable use useful useless usual usually vacation value van various vegetable verb view village visible visit
    visitor voice volunteer vote wage wait waiting wake walk wall wallet war warm warn wash waste watch water wave weak wear weather wedding wednesday week
    weekend weigh weight weird welcome west wet whatever wheel whenever wherever whisper whistle white whoever whole widow width wife wild win wind window
    wine wing winner winter wipe wire wise wish wizard woke woman women won wonderful wood wooden wool word work worked working world worried worry worse
    worst worth wrap write written wrong wrote yard year yellow yesterday young younger yourself zero zoo
"""
_STEMS = frozenset(stem(word, "en") for word in _WORDS.split())


_NEGATING = ("un", "non", "dis", "mis")


def is_familiar(word: str) -> bool:
    """Whether a folded word is one of them, in any form: `washing` for `wash`, `unfinished` for `finish`, which corrected would say the opposite."""
    return any(stem(word.removeprefix(prefix), "en") in _STEMS for prefix in ("", *_NEGATING))
