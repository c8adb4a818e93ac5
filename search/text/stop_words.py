"""Stop words by language, folded as `search.text.normalizer.fold` does."""

from functools import lru_cache

from search.text.normalizer import language

_LISTS = {
    "en": """a about after again all also am an and any anybody anyone are as ask at be because been before being but by can cannot cant could couldnt did
        didnt do does doesnt doing dont during each either else etc ever every few for from get getting gets give given go going got had has
        hasnt have havent having he help her here hers hey hi hello him his how however i id if ill im in instead into is isnt it its itself ive
        just kindly know lets like looking made make many may maybe me mean might more most much must my need needs needed no not now of off ok
        okay on once one only onto or other our out over own perhaps please possible question regarding same saying says see seem seems shall she
        should shouldnt since so some somebody someone something sorry still such sure take than thank thanks that thats the their them then
        there these they theyre thing things this those through to too tried try trying until up upon us use used using very want wanted wants
        was wasnt way we well went were what whats whatever when where wheres whether which while who whom whose why will wish with without
        wonder wondering wont would wouldnt yes yet you your youre youve able already anything around dear regards greetings best cheers good
        morning afternoon evening every really suddenly""",
    "es": """a al algo algun alguna alguno algunos ante antes aqui asi aun aunque buenas buenos cada casi como con contra cual cuales cuando cuanto de debe
        debo del desde dias donde dos el ella ellas ellos en entre era es esa ese eso esta estaba estan estar este esto estos estoy favor fue
        gracias ha hace hacer hago han hasta hay he hola la las le les lo los mas me mi mis mucho muy nada ni no nos nosotros o os otra otro para
        pero poder podria poco por porque por puede puedo que quien quiero quisiera saber saludos se sea ser si sido sin sobre solo son soy su
        sus tal tambien tan tanto te tengo ti tiene tienen todo todos tu tus un una unas uno unos usted ustedes ya yo""",
    "pt": """a ao aos aquela aquele aqui as ate bom com como contra da das de deles dela dele depois desde do dos dia e ela elas ele eles em entre era essa
        esse esta estao estar estou eu faco favor fazer foi gostaria ha isso isto ja la lhe mais mas me mesmo meu meus minha minhas muito na nao
        nas nem no nos nossa nosso num numa o obrigado obrigada ola onde os ou para pela pelas pelo pelos pode podem poderia por porque posso
        qual quais quando que quem quero se seja sem ser seu seus sim so sobre sou sua suas tambem tao te tem tenho teu tu tua um uma umas uns
        voce voces""",
    "fr": """a afin ai aie alors apres as au aussi aux avec avant avez avoir avons bonjour bonsoir c ca car ce cela ces cet cette ceux chez comme comment d
        dans de depuis des dois doit donc du elle elles en encore entre es est et etait ete etes etre eu eux fait faire faut font il ils j jai je
        jusqu l la le les leur leurs lors lui m ma mais me meme merci mes moi mon n ne ni nos notre nous on ont ou par parce pas peut peux plait
        plus pour pourquoi pourrais pouvez puis puisje qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses si sil soit son sont
        sous suis sur svp t ta te tes toi ton tous tout toute toutes tres tu un une vos votre voudrais vous veux y""",
    "de": """ab aber alle allem allen aller alles als also am an andere auch auf aus bei beim bin bis bist bitte da dabei dafur damit danke dann daran das
        dass dein deine dem den denn der des deshalb dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen
        einer eines er es etwas euch eure fur gehort geht gern gerne gibt guten tag hab habe haben hallo hat hatte hatten hier hinter ich ihm ihn
        ihnen ihr ihre im in ins ist ja jede jeder jedes jetzt kann kannst kein keine keinen konnen konnte machen mache mal man mehr mein meine
        meinem meinen meiner mich mir mit mochte muss mussen nach nicht nichts noch nun nur ob oder ohne sehr sein seine seit sich sie sind so
        soll sollte sondern sonst tun uber um und uns unser unter vom von vor wann war waren warum was weil welche welchem welchen welcher
        welches wenn wer werde werden wie wieder will wir wird wo wurde wurden zu zum zur zwischen""",
    "it": """a ad ai al alla alle agli allo anche ancora avere avete ho hai ha hanno abbiamo buongiorno c che chi ci ciao come con cosa cui d da dal dalla
        dalle dei del della delle degli dello deve devo di dove e ed era essere fa fare faccio fatto favore fra gli grazie i il in io l la le lei
        li lo loro lui ma me mi mia mie miei mio molto ne negli nei nel nella nelle nello no noi non nostra nostro o ogni per perche piu poi
        posso potrei puo quale quali quando quanto quella quelle quelli quello questa queste questi questo qui salve se sei senza si sia solo
        sono sta stato su sua sue sugli sui sul sulla suo suoi te ti tra tu tua tuo tutti tutto un una uno vi voglio vorrei voi""",
    "nl": """aan al alle als altijd alvast andere ben bij bent daar dan dank dat de der deze die dit doe doen door dus een en er ge geen graag goede dag ga
        gaat haar had hallo heb hebben heeft heel hem het hier hij hoe hun iets ik in is ja je jij jouw jullie kan kon kunnen kunt maar mag me
        meer men met mij mijn moet moeten na naar niet niets nog nu of om omdat ondanks onder ons onze ook op over te tegen toch toen tot u uit
        uw van veel via voor waar waarom wanneer want waren was wat we wel welke werd wie wij wil willen word worden wordt zal ze zelf zich zij
        zijn zo zonder zou zouden""",
}


@lru_cache(maxsize=64)
def stop_words(locale: str) -> frozenset[str]:
    """The stop words of a locale's language; empty for a language that has no list."""
    return frozenset(_LISTS.get(language(locale), "").split())


EVERY_STOP_WORD = frozenset().union(*map(stop_words, _LISTS))
"""Of any language: `ich` is no slip for `ice`, whatever the articles are written in."""
