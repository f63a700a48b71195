# Ordene følger ordlisten. Tider, tal og navne fra medarbejderlisten sættes ind; det, folk har skrevet, står for sig selv.
today = I dag
child = Barn
record = Registrering
search = Søg
aside-title = Lagt til side
message-title = Siden kan ikke vises
to-today = Til I dag
skip = Gå til indholdet
nav = Sider
other-language = English
no-contact = Ingen forbindelse lige nu. Du ser det, der er hentet; det, du skriver, sendes, når der er net.
device-refused = Kommunen udveksler ikke længere noget med dette apparat. Det, der allerede ligger her, kan stadig læses. Nyt kommer ikke, og det, du skriver, bliver her. Ring til it.

new = Ny
opened = Læst
open = Åbn
open-to-see = Åbn for at læse
unread-words = ulæste
unread-count = { $n ->
    [0] Ingen ulæste
    [one] 1 ulæst
   *[other] { $n } ulæste
 }
unread-short = { $n } ulæst{ $n ->
    [one] {""}
   *[other] e
 }
records-count = { $n ->
    [one] 1 registrering
   *[other] { $n } registreringer
 }
nothing-new = Der er ikke noget nyt fra andre.
earlier = Læst tidligere
children = Børn
child-unnamed = Barn uden læsbart navn
no-child = Uden barn
born = f. { $value }
happened = Skete
arrived = Kom frem
not-open-yet = Kan ikke åbnes endnu
seen-by = Skrevet af
newest-first = Vis nyeste først
oldest-first = Vis ældste først
show-record = Vis registreringen
show-and-answer = Vis og svar
belongs-to = Vis det, den hører til

standing = Ikke på plads
standing-note = Det, der stadig ligger på kollegers telefoner uden net, kan ikke ses herfra.
all-in-place = Alt herfra er sendt, og alt modtaget kan læses.
old-names = Medarbejderlisten her er ikke den nyeste: navne på kolleger og enheder kan være ændret. Den hentes af sig selv, så snart det kan lade sig gøre.
stuck-count = { $n } ikke sendt – kræver handling
unsent-count = { $n } ikke sendt endnu
waiting-count = { $n ->
    [0] Intet venter på at kunne åbnes
    [one] 1 er fremme, men kan ikke åbnes endnu
   *[other] { $n } er fremme, men kan ikke åbnes endnu
 }
aside-count = { $n ->
    [0] Intet er lagt til side
   *[other] { $n } kan ikke læses – lagt til side
 }
outstanding-count = { $n ->
    [0] Alt er sendt
   *[other] { $n } ikke sendt
 }
parted-count = { $n ->
    [one] 1 fortrolig kreds har to medlemslister
   *[other] { $n } fortrolige kredse har to medlemslister
}
parted-note = Serveren har vist to forskellige udgaver af, hvem der er med. Begge er bevaret. De samles, når en kollega, der står i begge, er på nettet; den, der er fjernet i den ene, bliver ikke lukket ind igen. Indtil da kan noter i kredsen blive liggende hos dig. Sig det til kommunens it.
unconfirmed = Ikke bekræftet: apparatet, den er skrevet på, er spærret, og en anden har sendt den videre. Spørg den, der står som forfatter.
unconfirmed-edit = Ikke bekræftet: noget heraf er skrevet på et apparat, der er spærret, og en anden har sendt det videre. Spørg { $value }.
aside-intro = Her står alt, der ikke er nået frem, som det skulle. Intet herfra er slettet.
aside-none = Alt, hvad der er kommet, kan læses.
aside-what-to-do = Ring til den, der har skrevet, og bed om at få det sendt igen. Vis siden til kommunens it, hvis det sker flere gange.
waiting-note = Det åbnes af sig selv, når resten er kommet.
unsent-none = Alt, du har skrevet her, er sendt.
unreadable = Kan ikke læses – lagt til side
malformed = Ikke en registrering – lagt til side
from = Fra
from-unknown = ukendt afsender
number = nr.
technical-reason = Teknisk årsag

state-local = Kun på denne computer – sendes, når der er net
state-stuck = Ikke sendt siden { $value }. Serveren tog den ikke imod; der prøves igen.
state-stuck-forgotten = Ikke sendt siden { $value }. Serveren er gendannet fra en sikkerhedskopi og mangler noget, som det her bygger på. Noten ligger her og prøves igen; sig det til kommunens it.
state-not-let-in = Kun på denne computer – den sendes, når du har lukket computeren ind fra et af dine andre apparater
state-own = Gemt – kun du kan læse den
state-awaits-reader = Gemt – den sendes, så snart modtageren kan læse den
state-awaited = Gemt – sendes, når { $value } har fået Tværs
state-sent = Sendt – ikke hentet endnu af { $value }
state-received = Fremme hos { $value }
state-read = Læst af { $value }
state-answered = Besvaret
state-unreadable = Kan ikke læses hos { $value }
and-more = og { $n } andre

search-label = Ord fra det, der er skrevet
search-note = Der søges kun i det, der ligger på denne computer. Det, du søger på, gemmes ikke i adressen.
hits-count = { $n ->
    [0] Ingen fundet
    [one] 1 fundet
   *[other] { $n } fundet
 }

reply-to = Svar til { $value }
send-to = Send svar til { $value }
fixed-answers = Fast svar
in-own-words = Med egne ord (kan udelades)
answer-is-disclosure = Et svar er også en videregivelse. Skriv kun det, modtageren har brug for – og så forældrene kan læse det.
answer-back-by = Jeg vender tilbage senest
answer-part-of-case = Indgår i en igangværende sag
answer-family = Vi taler med familien
answer-examination = Undersøgelse er sat i gang
answer-intervention = Indsats er sat i gang
answer-nothing = Der sker ikke mere nu; skriv igen, hvis du ser mere
answer-undisclosed = Kan ikke oplyses
answer-thanks = Tak
answer-ask-again = Vil du fortælle mere?
answer-none = Intet fast svar
answer-day = Senest den
reply-empty = Vælg et fast svar, eller skriv med egne ord.
reply-day-missing = Vælg den dag, du senest vender tilbage.
reply-day-past = Den dag er gået. Vælg i dag eller en senere dag.
reply-day-alone = Dagen hører til svaret »Jeg vender tilbage senest«. Vælg det svar, eller fjern dagen.
reply-too-long = Teksten er for lang. Gør den kortere.

refused-host = Skrivebordet svarer kun på sin egen adresse på denne computer.
refused-foreign = Anmodningen kom ikke fra en side på skrivebordet. Gå tilbage til I dag, og prøv igen.
refused-session = Åbn skrivebordet med linket, som programmet har skrevet. Hvis det er brugt eller for gammelt, så tryk Enter, hvor skrivebordet er startet: Det giver et nyt.
refused-link = Linket er brugt, for gammelt eller forkert. Det virker én gang og i 60 sekunder. Tryk Enter, hvor skrivebordet er startet, for at få et nyt.
refused-unread = Åbn registreringen, før du svarer på den. Man kan ikke svare sig selv.
refused-form = Formularen kunne ikke læses. Teksten er måske for lang.
not-found = Siden findes ikke, eller registreringen er ikke på denne computer.
erased = Denne computer er slettet af kommunen. Intet af det, Tværs havde på den, kan læses længere. Ring til it-afdelingen.
trouble-full = Computeren har ikke mere plads. Alt, der er gemt, er sikkert, men intet nyt kan skrives, og derfor kan intet åbnes: det skal kunne ses, hvem der har læst hvad. Slet noget andet på computeren, og prøv igen, eller ring til kommunens it.
trouble = Noget på denne computer gik galt. Intet er tabt. Prøv igen; hjælper det ikke, så ring til kommunens it.

somebody = en kollega
some-unit = en enhed
yes = Ja
no = Nej
state = Status
reason = Begrundelse

kind-child = Barn
kind-draft = Kladde
kind-observation = Iagttagelse
kind-amendment = Rettelse
kind-assessment = Egen vurdering
kind-joint-assessment = Fælles vurdering
kind-concern = Bekymring
kind-reply = Svar
kind-voice = Perspektiv
kind-analysis = Analyse
kind-intervention = Indsats
kind-measure = Måling
kind-meeting = Møde
kind-action-point = Aftale
kind-consent = Samtykke
kind-notification = Underretning
kind-disclosure = Videregivelse
kind-access = Opslag
kind-discussion = Anonym drøftelse
kind-newer = Fra en nyere version

seen-heard = Set og hørt
childs-words = Barnets egne ord
interpretation = Min vurdering
immediate-action = Det gjorde jeg
body-marks = Mærker på kroppen
setting = Situation
domains = Tema
co-authors = Skrevet sammen med
amendment-text = Rettet til
verbatim = Egne ord
not-obtained = Ikke indhentet, fordi
whose = Hvem har sagt det
method = Måde
own-rating = Egen vurdering
answer = Svar
in-words = Med ord

votes = Indstillinger
not-decided = Niveauet er ikke fastsat endnu
decided-by = Fastsat niveau: { $level } – fastsat af { $who }
level-wonder = Undring
level-concern = Bekymring
level-serious = Alvorlig bekymring
level-acute = Akut – handl nu
trigger = Hvorfor nu?
purpose = Formål med samarbejdet
recipient = Til
parents-contacted = Talt med forældrene
observations = Henviser til registreringer
childs-perspective = Barnets perspektiv
familys-perspective = Familiens perspektiv
perspective-missing = Perspektiv ikke indhentet, fordi
concern-new = Ny
concern-assessed = Under vurdering
concern-discussed = Drøftet
concern-intervention = Indsats i gang
concern-follow-up = Opfølgning
concern-closed = Afsluttet
concern-reopened = Genåbnet

notified = Underretning
notification-level = Art
notification-ordinary = Almindelig
notification-acute = Akut
notification-absence = Ulovligt fravær
efforts = Det er prøvet
parents-informed = Forældrene er orienteret
parents-said = Forældrene
parents-why-not = Forældrene er ikke orienteret, fordi
suspect = Mistanke mod
suspect-parent = en forælder
suspect-close = en anden nærtstående
suspect-employee = en medarbejder
suspect-child = et andet barn
suspect-unknown = ukendt

position-green = Grøn – trives
position-yellow = Gul – øget opmærksomhed
position-red = Rød – stærk bekymring
indicators = Tegn
dissent = Vi ser forskelligt på det

question = Undersøgelsesspørgsmål
hypotheses = Hypoteser
protective = Beskyttende faktorer
risk = Risikofaktorer
alternatives = Andre forklaringer
conclusion = Konklusion
evidence = Henviser til registreringer
analysis-draft = Kladde
analysis-joint = Fælles
analysis-approved = Godkendt

goal = Mål
childs-goal = Barnets eget mål
actions = Det gør vi
responsible = Ansvarlig
start = Start
review-at = Opfølgning
baseline = Udgangspunkt
evaluation = Evaluering
evaluation-works = Virker
evaluation-partly = Virker delvist
evaluation-no = Virker ikke
intervention-proposed = Foreslået
intervention-agreed = Aftalt
intervention-running = I gang
intervention-evaluated = Evalueret
intervention-ended = Afsluttet
measures = Målinger
curve-spoken = Udgangspunkt og målinger fra 0 til 10: { $value }
value = Måling
by-whom = Vurderet af

meeting-type = Mødetype
basis = Hjemmel
chair = Mødeleder
invited = Indkaldt
attendees = Deltagere
agenda = Dagsorden
decisions = Beslutninger
action-points = Aftaler
due = frist
meeting-planned = Planlagt
meeting-called = Indkaldt
meeting-held = Afholdt
meeting-approved = Referat godkendt
meeting-cancelled = Aflyst
point-open = Åben
point-done = Udført
point-overdue = Over frist
point-dropped = Bortfaldet
horizon = Sigt
horizon-short = Kort sigt
horizon-long = Lang sigt
advice = Råd
age-band = Alder
discussion-open = Åben
discussion-closed = Afsluttet
discussion-linked = Knyttet til en bekymring

guardians = Forældremyndighedsindehavere og andre
no-custody = har ikke forældremyndighed
address-protected = Adressebeskyttet
unit = Enhed
group = Stue/klasse
home-language = Sprog hjemme
interpreter = Tolk
family-informed = Familien er orienteret
coordinator = Tovholder
devices = Mine apparater
devices-own = Dette apparats cifre: { $value }
devices-waiting = Venter på at blive lukket ind
devices-none = Ingen af dine apparater venter.
devices-compare = It har godkendt dette til dig, og det læser intet, før du lukker det ind. Sammenlign cifrene med det andet apparats skærm. Kender du det ikke, så luk det ikke ind, og ring til it.
devices-admit = Cifrene er ens: luk { $value } ind
devices-gone = Det apparat venter ikke længere; intet er gjort.
coordinate = Jeg er tovholder
coordinate-nobody = Ingen tovholder er kendt på dette skrivebord.
child-active = Aktiv
child-moved = Flyttet
child-archived = Arkiveret
scope = Samtykke til
giver = Givet af
form = Form
expires-at = Gælder til
consent-valid = Gyldigt
consent-refused = Ikke givet
consent-expired = Udløbet
consent-withdrawn = Tilbagekaldt
what = Hvad
with-whom = Til
access = Handling
access-read = Læst
access-searched = Søgt
access-exported = Hentet ud
access-changed = Ændret
access-printed = Udskrevet
access-audited = Set i adgangsloggen

time-today = i dag kl. { $hour }.{ $minute }
time-minute = { $date } kl. { $hour }.{ $minute }
time-hour = { $date } ca. kl. { $hour }
time-morning = { $date }, formiddag
time-afternoon = { $date }, eftermiddag
time-day = { $day }. { $month }
time-day-year = { $day }. { $month } { $year }
time-week = uge { $week }, { $year }
time-month = { $long } { $year }
month-1 = jan.
month-2 = feb.
month-3 = mar.
month-4 = apr.
month-5 = maj
month-6 = jun.
month-7 = jul.
month-8 = aug.
month-9 = sep.
month-10 = okt.
month-11 = nov.
month-12 = dec.
month-long-1 = januar
month-long-2 = februar
month-long-3 = marts
month-long-4 = april
month-long-5 = maj
month-long-6 = juni
month-long-7 = juli
month-long-8 = august
month-long-9 = september
month-long-10 = oktober
month-long-11 = november
month-long-12 = december

# Overdragelse
restored = Adgang genskabt af nøgleholderne
out-count = { $n ->
    [one] 1 kollega har apparater, der er spærret
   *[other] { $n } kolleger har apparater, der er spærret
 }
out-lost = Et apparat hos { $value } er meldt tabt. Den, der kan låse det op, kan læse det, I havde delt indtil da, også uden net; nyt kommer ikke dertil.
out-lost-own = Et af dine egne apparater er meldt tabt. Den, der kan låse det op, kan læse det, der lå på det, også uden net; nyt kommer ikke dertil.
out-suspended = { $value } er spærret for nu og kan stadig læse det, der ligger på egne apparater; nyt kommer ikke dertil. Lukkes vedkommende ind igen, læses også det, der er skrevet imens.
out-left = { $value } er fratrådt. Det, I havde delt indtil da, kan stadig læses på vedkommendes egne apparater, også uden net; nyt kommer ikke dertil.
out-asked = Kommunen har bedt om, at det bliver slettet der. Holdes apparatet uden net, sker det ikke; om det er sket, ved it-afdelingen.
out-not-asked = It-afdelingen kan bede om, at det bliver slettet der.
knocking-count = { $n ->
    [one] 1 apparat venter på at blive lukket ind
   *[other] { $n } apparater venter på at blive lukket ind
 }
knocking-words = venter
renewed = Det, der ligger på denne computer, har været lagt tilbage fra en kopi, eller en anden bruger den samme kopi. Det blev opdaget
renewed-what = Intet er overskrevet, og intet skal gøres, hvis det var dig eller it. Ellers: Ring til it.
doubts = Serveren har ikke vist det samme til alle
doubts-note = Kollegers kvitteringer siger, at de har set noget, der ikke er her. Det kan være på vej. Står det her stadig i morgen, så vis siden til kommunens it.
doubt-incomplete = Noget, { $value } har sendt, mangler her.
doubt-forked = Serveren har vist forskellige udgaver af det, { $value } har sendt.
members = Hvem har adgang
members-what = Her står de, der læser barnets sag. Det, der er skrevet mellem to, læser kun de to.
members-none = Der er ingen fælles sag om barnet endnu.
members-coordinates = tovholder
members-read = læser
members-write = læser og skriver
members-manage = læser, skriver og giver adgang
members-leaving = tages ud, når der har været net
members-remove = Tag nogen ud af sagen
members-keeps = Den, der tages ud, får intet nyt. Det, der allerede er læst, kan ikke tages tilbage, og det, kollegaen selv har skrevet, bliver i sagen. Tovholderen går ud ved at overdrage.
members-who = Hvem skal ud?
members-why = Hvorfor?
members-why-help = Højst et par linjer. Begrundelsen står i sagens log, som alle i sagen har.
members-do = Tag ud af sagen
members-nobody = Vælg en, der er med i sagen, og som du kan tage ud.
members-no-reason = Skriv hvorfor. Det skal kunne forstås af den, der læser loggen senere.

hand-over = Overdrag
hand-over-to = Overdrag til en kollega
hand-over-what = Kollegaen bliver tovholder, kan læse alt, hvad du har fået om barnet, og får det, der bliver skrevet fra nu af.
hand-over-keeps = Du beholder det, du har læst, og får ikke nyt. Kun en ny overdragelse kan ændre det.
successor = Ny tovholder
choose-colleague = Vælg en kollega
hand-over-why = Hvorfor, og hvad er aftalt?
hand-over-why-help = Alle, der har skrevet om barnet til dig, får begrundelsen. Skriv, så forældrene kan læse den.
hand-over-stays = Jeg bliver som deltager
hand-over-do = Overdrag
hand-over-nobody = Vælg en kollega, der arbejder her og har et apparat.
hand-over-no-reason = Skriv en begrundelse. Den, der overtager, og de, der har skrevet, skal kunne forstå den.

# Sletning
erasure = Sletning
erasure-link = Slet eller bevar
erasure-what = To personer i sagen skal være enige: den ene beder, den anden siger ja. Så forsvinder det fra alle apparater, når de næste gang har net, og fra serveren.
erasure-keeps = Serverens sikkerhedskopier gemmer det, så længe de selv gemmes (højst 30 dage). Det, nogen har udskrevet eller husker, kan ikke slettes herfra. Der bliver stående, at der var noget, hvem der skrev det, og hvem der slettede det.
erasure-held = Skal bevares: intet må slettes her, før to personer har ophævet det.
erasure-waiting = { $n ->
    [one] 1 handling herfra er ikke sendt endnu.
   *[other] { $n } handlinger herfra er ikke sendt endnu.
 }
erasure-asked = Venter på et ja
erasure-asked-none = Ingen har bedt om sletning.
erasure-of-records = Bedt om at få slettet
erasure-lift = Bedt om, at bevaringen ophæves
erasure-hold = Skal bevares
erasure-in-line = mellem to
erasure-in-case = i sagen
erasure-by-another = En anden i sagen skal sige ja.
erasure-agree = Ja, slet det
erasure-agree-lift = Ja, ophæv det
erasure-ask = Bed om sletning
erasure-choose = Hvad skal slettes?
erasure-all = Alt, hvad du kan slette om barnet: { $n } registreringer
erasure-why = Hvorfor?
erasure-why-help = Begrundelsen kan læses af alle i sagen og bliver stående. Gentag ikke det, der skal slettes.
erasure-ask-do = Bed om sletning
erasure-hold-do = Intet må slettes her
erasure-lift-title = Ophæv bevaringen
erasure-lift-do = Bed om, at bevaringen ophæves
erasure-done = Slettet og bevaret
erasure-agreed = { $value } har sagt ja
erasure-followed = { $n ->
    [one] 1 apparat har fulgt det
   *[other] { $n } apparater har fulgt det
 }
erasure-missing = { $n ->
    [one] 1 apparat har ikke svaret endnu:
   *[other] { $n } apparater har ikke svaret endnu:
 }
erasure-elsewhere = ligger stadig et andet sted hos dig
erasure-unseen = Noget, der aldrig er kommet frem hertil
erasure-no-reason = Skriv en begrundelse. Alle i sagen skal kunne forstå den.
erasure-reason-long = Begrundelsen er for lang: skriv højst 2.000 tegn.
erasure-none-chosen = Vælg mindst én registrering.
erasure-not-now = Det kan ikke lade sig gøre nu: sagen skal bevares, en anden har allerede svaret, eller du må ikke her.
erasure-to-answer = { $n ->
    [one] 1 anmodning om sletning venter på dit ja
   *[other] { $n } anmodninger om sletning venter på dit ja
 }
device = apparat
# Adgang fra nu af
from-now = Giv adgang fra nu af
from-now-to = Hvem skal være med fra nu af?
from-now-what = Kollegaen eller enheden kan læse det, der bliver skrevet i sagen fra nu af, og af det tidligere kun det, du vælger her.
from-now-how = Sagen fortsætter med alle, der er i den, og den, du vælger. I ser ét samlet forløb. Det, du ikke vælger, bliver hos dem, der har det i dag.
from-now-who = Kollega eller enhed
choose-colleague-or-unit = Vælg en kollega eller en enhed
colleagues = Kolleger
units = Enheder
from-now-records = Det må de se af det tidligere
from-now-records-help = Intet er valgt på forhånd. Her står det, der ligger i sagen; noter, som kun du har fået, er ikke med.
from-now-living = Kun teksten, som den er i dag, ikke det, der stod før.
from-now-unsettled-one = Her står to ting på én gang. Afgør det først.
from-now-why = Hvorfor skal de være med?
from-now-why-help = Alle i sagen får begrundelsen, også den, der kommer til. Skriv, så forældrene kan læse den.
from-now-do = Giv adgang fra nu af
from-now-nobody = Vælg en kollega eller en enhed, der kan modtage noget nu og ikke er i sagen i forvejen.
from-now-no-reason = Skriv en begrundelse. Den, der kommer til, og de, der er i sagen, skal kunne forstå den.
from-now-unsettled = I en af de valgte registreringer står to ting på én gang. Afgør det først, så den, der kommer til, ikke kun ser det ene.
from-now-too-many = Der er valgt for mange registreringer. Vælg færre nu, og del flere bagefter.
from-now-waiting = En kollega eller enhed får adgang fra nu af, så snart der er net.
continued-here = Fortsat her
continued-with = fra nu af også med { $value }
continued-before = Det, der er skrevet før, ser de kun, hvis det er delt med dem.
continued-for-me = Du er med fra
continued-not-mine = Det, der er skrevet før, ser du kun, hvis det er delt med dig.
carried-by = Videreført af { $value }
carried-earlier = Den tidligere udgave
carried-differs = Den tidligere udgave siger noget andet end det, der blev videreført. Se den, og skriv det ind her, hvis det skal med.
carried-on = Fortsætter i en ny udgave, hvor flere er med.
carried-on-show = Vis den
not-shared = { $n ->
    [one] En registrering, der henvises til, er ikke delt med dig.
   *[other] { $n } registreringer, der henvises til, er ikke delt med dig.
}
# Vikariering
cover = Vikar
cover-what = Vikaren kan læse alt om barnet, svare og skrive i dit sted, til perioden slutter. Du er stadig tovholder og får det hele.
cover-ends = Når perioden slutter, forsvinder barnet fra vikarens apparat, også uden net. Det, vikaren selv har skrevet, beholder vikaren. Det, der er læst, kan ikke gøres ulæst.
cover-now = Vikarer nu
cover-until = til og med
cover-waits = gælder, når der har været net
cover-end = Afslut nu: { $value }
cover-choose = Vælg en vikar
cover-who = Hvem er vikar?
cover-last-day = Til og med
cover-last-day-help = Du kan ændre dagen senere ved at vælge den samme kollega igen.
cover-why = Hvorfor, og hvad er aftalt?
all-mine = Alle { $n } børn, jeg er tovholder for
cover-do = Gør til vikar
cover-no-day = Vælg en dag, der ikke er gået.
cover-me = Du er vikar for tovholderen
cover-person = Vikar for tovholderen:

access-log = Adgangslog
access-intro = Hvem der har læst, søgt, ændret, hentet ud eller udskrevet hvad, på hvilket apparat. Hvert apparat skriver sin egen log og underskriver den; her er den samlet. At du ser i loggen, står selv i loggen.
access-filter = Afgræns
access-employee = Medarbejder
access-all-children = Alle børn
access-all-employees = Alle medarbejdere
access-all-kinds = Alle handlinger
access-from = Fra og med
access-to = Til og med
access-show = Vis opslag
access-make-extract = Lav uddrag til udskrift
access-extract-help = Et uddrag handler om ét barn eller én medarbejder. At det laves, står i loggen.
access-no-day = Skriv dagen som år-måned-dag, for eksempel 2026-10-05, eller lad feltet stå tomt.
access-days-turned = Perioden slutter, før den begynder: byt de to dage om.
access-unknown = Det valgte findes ikke i loggen: vælg fra listerne.
access-extract-of-whom = Vælg enten ét barn eller én medarbejder til uddraget, ikke begge og ikke ingen.
access-extract-long = Uddraget er for langt til at være helt: vælg en kortere periode.
access-count = { $n ->
    [0] Ingen opslag
    [one] 1 opslag
   *[other] { $n } opslag
 }
access-more = Kun de nyeste vises. Vælg en periode for at se ældre.
access-when = Tidspunkt
access-who = Medarbejder
access-what = Hvad
access-device = Enhed
access-list = Fundet i en søgning
access-devices-missing = { $n ->
    [0] Ingen apparater mangler i loggen
    [one] 1 apparat mangler i loggen
   *[other] { $n } apparater mangler i loggen
 }
access-devices-note = Et apparat, der ikke bruges, giver lyd fra sig hver uge, når det har net. Tavshed kan være en ferie, en skuffe eller en log, der holdes tilbage: loggen kan ikke se forskel, så spørg medarbejderen.
access-devices-well = { $n ->
    [one] Fra 1 andet apparat er alt fremme.
   *[other] Fra { $n } andre apparater er alt fremme.
 }
access-silent-since = Har ikke sendt log siden { $value }
access-silent-ever = Har aldrig sendt log
access-missing = { $n ->
    [one] 1 del af apparatets log mangler
   *[other] { $n } dele af apparatets log mangler
 }
access-twice = { $n ->
    [one] 1 del af apparatets log findes i to udgaver
   *[other] { $n } dele af apparatets log findes i to udgaver
 }
access-until = Loggen dækker, efter apparatets eget ur, til
access-extract = Uddrag af adgangsloggen
access-municipality = Kommune
access-made = Udskrevet
access-extract-what = Uddraget viser, hvem der har set, ændret, fundet ved søgning eller udskrevet oplysninger. Tidspunkterne er efter uret på det apparat, det skete på.
access-extract-nameless = Medarbejdere står med faggruppe og enhed, ikke med navn.
access-extract-incomplete = { $n ->
    [one] Loggen fra 1 apparat er ikke helt fremme; uddraget kan mangle opslag derfra.
   *[other] Loggen fra { $n } apparater er ikke helt fremme; uddraget kan mangle opslag derfra.
 }
access-print-how = Udskriv siden med browserens egen udskriftsknap (Ctrl+P).

# Videregivelser og hjemmel
shared = Videregivelser
shared-what = Hvem barnets registreringer er delt med, hvornår og med hvilken hjemmel – så vidt det kan ses fra dit skrivebord.
shared-nothing = Intet om barnet er delt med andre.
shared-with = Delt med { $value }
shared-waits = Ikke sendt endnu
shared-places = { $n ->
    [one] Delt ét sted
   *[other] Delt { $n } steder
}
basis-own-unit = Samme enhed
basis-choose = Vælg en hjemmel
basis-other = Vælg en hjemmel, som kommunens regler nævner for den, du deler med.
basis-denied = Kommunens regler tillader ikke, at en af de valgte registreringer deles med den, du har valgt.
