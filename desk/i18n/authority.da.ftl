# It-afdelingens kommandoer. Her må serveren nævnes; nøgler, ord og adgangssætninger må aldrig.
ask-agreed = Skal det gøres? [j/n]
ask-first-line = Linje 1 (eller teksten fra QR-koden):
ask-line = Linje { $line }:
dry-run = Intet er ændret. Gentag med --yes for at gøre det.
nothing-done = Intet er ændret.
nothing-to-do = Der er ikke noget at ændre.
done = Det er gjort.
publish-due = { $n ->
    [one] 1 udsagn er ikke sendt til serveren endnu: kør publish.
   *[other] { $n } udsagn er ikke sendt til serveren endnu: kør publish.
 }

operator-missing = Det vides ikke, hvem der gør dette; skriv --operator NAVN.

passphrase-advice = Vælg mindst { $length } tegn: fem eller flere ord, som ingen kan gætte. Glemmes sætningen, er kontoret tabt.

file-missing = Der er intet kontor i { $file }; lav det med init, eller peg på det med --office.
file-full = Kontoret er vokset ud over det, der kan læses igen.
file-gone = Kontorets fil er væk.
file-exists = Der er allerede et kontor i filen; det bliver aldrig overskrevet.
file-busy = En anden kommando er i gang med kontoret; prøv igen om lidt.
file-other = Filen er ikke et kontor.
file-newer = Kontoret er skrevet af en nyere udgave af Tværs.
file-damaged = Kontorets fil er beskadiget; tag den nyeste sikkerhedskopi.
stretch-weak = Kontorets adgangssætning ville ikke være beskyttet nok mod gæt.
stretch-huge = Kontoret kræver mere hukommelse eller tid, end denne udgave tillader.
stretch-memory = Der er ikke hukommelse nok til at åbne kontoret.

journal-malformed = Post { $number } i logbogen kan ikke læses; stol ikke på dette kontor, før det er forklaret.
journal-signature = Post { $number } i logbogen er ikke underskrevet af myndigheden; stol ikke på dette kontor, før det er forklaret.
journal-chain = Post { $number } i logbogen følger ikke af den foregående; stol ikke på dette kontor, før det er forklaret.

refused-text = Et navn eller nummer er tomt, for langt, eller har tegn, der ikke kan ses.
refused-name-twice = Det navn er der allerede.
refused-unknown-person = Ingen har det medarbejdernummer.
refused-has-left = Den medarbejder er fratrådt.
refused-is-suspended = Den medarbejder er spærret.
refused-not-suspended = Den medarbejder er ikke spærret.
refused-unknown-unit = Den enhed findes ikke.
refused-unit-closed = Den enhed er lukket.
refused-unit-has-people = Der arbejder stadig nogen i den enhed; flyt dem først.
refused-unit-full = En enhed har flere medarbejdere, end en enhed kan have (1.024); del den.
refused-unknown-kind = Den slags enhed findes ikke.
refused-unknown-profession = Faggruppen er ikke på listen.
refused-profession-twice = Faggruppen er på listen allerede.
refused-number-twice = Et medarbejdernummer er der to gange.
refused-has-role = Medarbejderen har rollen allerede.
refused-has-not-role = Medarbejderen har ikke den rolle.
refused-last-manager = Det er den sidste forvalter; udpeg en anden først.
refused-many-leave = { $n } medarbejdere mangler i filen og ville blive meldt ud for altid; er det rigtigt, så gentag med --leavers { $n }.
refused-key = Apparatets nøgler kan ikke bruges.
refused-other-owner = Det apparat hører til en anden medarbejder.
refused-revoked = Det apparat er spærret for altid; det skal tilmeldes forfra med nye nøgler.
refused-not-revoked = Det apparat er ikke spærret for altid. Kun det, der ikke kommer igen, kan slettes: kør revoke-device --wipe.
refused-wipe-asked = Det apparat er allerede bedt om at slette sig selv; devices viser, om det har svaret.
refused-no-wipe = Det apparat er ikke bedt om at slette sig selv.
refused-is-erased = Det apparat har kvitteret for, at det er slettet.
refused-unknown-device = Det apparat findes ikke; skriv medarbejdernummer/apparatnummer, som 4711/2.
refused-no-invite = Den invitation findes ikke, eller den er besvaret.
refused-invite-over = Invitationen er udløbet.
refused-invite-used = Invitationen er brugt af et andet apparat.
refused-invite-time = En invitation gælder fra et minut til tredive dage.
refused-relay-address = Serverens adresse skal begynde med https:// (http:// kun for 127.0.0.1 og localhost).
refused-still-here = Den medarbejder er i arbejde og har et apparat, der ikke er spærret; det, hun eller han bestyrer, overdrages på sædvanlig måde.
refused-no-device = Den, der skal have adgang, har intet apparat, der ikke er spærret: kør invite og enrol først.
refused-not-restoring = Filen er ikke lavet med kommunens nøgleark.
refused-too-many = Der er flere enheder, medarbejdere eller apparater, end der er plads til.
refused-step = Den nye nøgle ville ikke blive troet af andre; intet er ændret. Ring til leverandøren.

unknown-kind = Den slags enhed findes ikke; vælg en af { $kinds }.
unknown-role = Den rolle findes ikke; vælg en af { $roles }.
no-units = Der er ingen enheder endnu: kør unit add.
unit-row = { $name } · { $kind } · tlf. { $phone } · { $n } i arbejde
unit-row-closed = { $name } · { $kind } · lukket
no-people = Der er ingen medarbejdere endnu: kør person import.
person-row = { $number } · { $name } · { $profession } · { $unit } · { $roles } · { $devices } apparater
person-row-suspended = { $number } · { $name } · { $profession } · { $unit } · { $roles } · { $devices } apparater · SPÆRRET
person-row-left = { $number } · { $name } · { $profession } · { $unit } · fratrådt
leaver-keeps = Den, der går, kan stadig læse det, der ligger på sine egne apparater; intet nyt kan læses. Serveren afviser apparaterne, så snart publish er kørt.
suspended-keeps = Den spærrede kan stadig læse det, der ligger på medarbejderens egne apparater; intet nyt kan læses, og intet derfra kommer frem, når publish er kørt. Lukkes medarbejderen ind igen, læses også det, der er skrevet imens. Derfor kan apparaterne ikke slettes herfra; skal de det, så kør revoke-device --wipe: Det kan ikke gøres om.
lost-device-keeps = Det, der allerede ligger på apparatet, kan læses af den, der kan låse det op – også uden net, og så længe det ikke er slettet. Intet nyt kan hentes, og intet derfra kommer frem, når publish er kørt. Skift også koden til det, der ellers lå på det.
leaver-wipes = { $n ->
    [0] Medarbejderen har intet apparat, der kan bedes slette sig selv.
    [one] 1 apparat bedes slette sig selv.
   *[other] { $n } apparater bedes slette sig selv.
}
wipe-advice = Skal det, der ligger der, slettes, så kør wipe.
wipe-reaches = Apparatet sletter Tværs og alt, hvad Tværs har på det, næste gang det får fat i serveren efter publish. Andet på apparatet røres ikke. Noter, der ikke er sendt fra det, går tabt; hvor mange, fremgår af kvitteringen. Er apparatet i medarbejderens egne hænder, så få det i kontakt, FØR det spærres: derefter tages intet fra det.
wipe-offline = Holdes apparatet uden net, hører det hverken om spærringen eller om sletningen: Den, der kan låse det op, kan læse det, der ligger der, for altid. Regn ikke med, at det er slettet, før devices viser kvitteringen. Den er underskrevet med apparatets egen nøgle; en tyv, der har taget nøglen ud, kan lyve.
wipe-withdrawn-keeps = Er apparatet ikke nået at blive slettet, beholder det, hvad det har, når det hører dette efter publish. Spærret er det stadig, for altid. Er det slettet allerede, viser devices det.
device-row = { $device } · { $person } · i brug, godkendt { $since }
device-row-suspended = { $device } · { $person } · medarbejderen er spærret: læser det, der ligger der, og intet nyt
device-row-revoked = { $device } · { $person } · spærret for altid { $revoked }
no-devices = Ingen apparater er spærret.
wipe-row-none = Sletning er ikke ønsket: Det, der ligger der, kan læses af den, der kan låse apparatet op.
wipe-row-waiting = Sletning ønsket { $asked }. IKKE BEKRÆFTET: Det, der ligger der, kan stadig læses af den, der kan låse apparatet op.
wipe-row-withdrawn = Sletning ønsket { $asked }, taget tilbage { $withdrawn }. Ingen kvittering er kommet: Det, der ligger der, kan læses af den, der kan låse apparatet op.
wipe-row-confirmed = { $n ->
    [0] Sletning ønsket { $asked }. Apparatet kvitterer: slettet { $at } efter dets eget ur, modtaget på serveren { $received }. Alt var sendt.
    [one] Sletning ønsket { $asked }. Apparatet kvitterer: slettet { $at } efter dets eget ur, modtaget på serveren { $received }. 1 NOTE VAR IKKE SENDT og er tabt: Fortæl medarbejderen det.
   *[other] Sletning ønsket { $asked }. Apparatet kvitterer: slettet { $at } efter dets eget ur, modtaget på serveren { $received }. { $n } NOTER VAR IKKE SENDT og er tabt: Fortæl medarbejderen det.
 }
wipe-row-confirmed-uncounted = Sletning ønsket { $asked }. Apparatet kvitterer: slettet { $at } efter dets eget ur, modtaget på serveren { $received }. Det kunne ikke tælle, om noter var usendt: Spørg medarbejderen.
receipts-unreachable = Serveren svarer ikke; her står, hvad kontoret vidste i forvejen.
receipts-false = { $n ->
    [one] Serveren viste 1 kvittering, som apparatet ikke har underskrevet; den tæller ikke. Nogen har været ved serveren.
   *[other] Serveren viste { $n } kvitteringer, som apparaterne ikke har underskrevet; de tæller ikke. Nogen har været ved serveren.
 }

list-unreadable = Filen { $file } kan ikke læses.
list-empty = Filen har ingen linjer under overskrifterne.
list-large = Filen er for stor til at være en liste.
list-broken = Filen er ikke CSV.
list-not-utf8 = Linje { $line }, tegn { $place }: filen er ikke UTF-8; gem den som "CSV UTF-8".
list-not-utf8-at-all = Filen er ikke en tekstfil i UTF-8; gem den som "CSV UTF-8".
list-cpr = Filen har en kolonne med CPR-numre; tag den ud, den hører ikke til her.
list-heading-missing = Linje 1: kolonnen "{ $column }" mangler.
list-heading-twice = Linje 1: kolonnen "{ $column }" er der to gange.
list-fields = Linje { $line }: { $found } felter, der skal være { $expected }.
list-field-empty = Linje { $line }, { $column }: feltet er tomt.
list-field-text = Linje { $line }, { $column }: feltet er for langt eller har tegn, der ikke kan ses; måske mangler et anførselstegn.
list-duplicate = Linje { $line }, { $column }: nummeret er også på linje { $earlier }.
list-unknown-profession = Linje { $line }, { $column }: "{ $value }" er ikke på listen; ret den, eller tilføj den med profession add.
list-unknown-unit = Linje { $line }, { $column }: "{ $value }" findes ikke; ret den, eller tilføj den med unit add.
list-closed-unit = Linje { $line }, { $column }: "{ $value }" er lukket.
list-unknown-role = Linje { $line }, { $column }: "{ $value }" er ikke en rolle; vælg af { $roles }, eller lad feltet være tomt.
list-refused = { $n ->
    [one] 1 fejl i { $file }; intet er ændret.
   *[other] { $n } fejl i { $file }; intet er ændret.
 }
list-diff = { $file }: { $joined } kommer til, { $changed } får rettet navn eller faggruppe, { $moved } flytter enhed, { $left } går.

compare-device = Sammenlign med apparatets skærm: { $digits }
keys-malformed = Det er ikke et apparats nøgler.
keys-unreadable = Nøglerne i { $file } kan ikke læses.
out-exists = Filen { $file } er der allerede; vælg et andet navn.
out-failed = Apparatet er godkendt, men { $file } kan ikke skrives ({ $why }); kør kommandoen igen.
enrolment-written = Tilmeldingen ligger i { $file }. Den er til dette ene apparat og indeholder medarbejderlisten; slet den, når apparatet har læst den.

invite-for = Invitation til { $person }, gælder til { $until }:
invite-advice = Giv kun koden til den, den er til: Den, der skanner først, bruger den op. Kør derefter enrol.
invite-refused = { $number }: { $why }
invite-over = Serveren tog ikke imod invitationen: efter serverens ur er den udløbet. Se efter uret på denne computer, og inviter igen.
invite-not-open = Invitationerne er lavet, men serveren svarer ikke; de virker, når enrol har nået den.
invites-written = { $n ->
    [one] 1 invitation ligger i { $file }. Slet filen, når den er skrevet ud.
   *[other] { $n } invitationer ligger i { $file }. Slet filen, når den er skrevet ud.
 }
invites-failed = Invitationerne er lavet, men { $file } kan ikke skrives ({ $why }); de er tabt: lav nye.
enrol-unseen = UDEN AT SAMMENLIGNE CIFRE: Den, der skanner en kode først, lukkes ind som den, der står på arket. Gør det kun, mens koderne deles ud i hånden, og alle står der; et apparat, medarbejderen ikke har, ses i person list.
enrol-asks = { $person } · { $device } · apparatet skal vise { $code }
enrol-declined = Apparatet lukkes ikke ind, og invitationen gælder ikke længere. Var cifrene ikke ens, har en anden haft koden: find ud af hvem, og lav en ny invitation.
enrol-none-open = Ingen invitation er åben.
enrol-nobody = { $n ->
    [one] 1 invitation er åben; ingen har brugt den.
   *[other] { $n } invitationer er åbne; ingen har brugt dem.
 }
enrol-unreachable = Serveren svarer ikke, eller den har ingen myndighed endnu: kør publish først.
enrolled = { $person } har fået et nyt apparat.
letter-unreadable = Det, der ligger i postkassen til { $person }, er ikke forseglet med invitationen; nogen med adgang til serveren har lagt det der. Lav en ny invitation.

would-claim = Serveren { $relay } får kommunens myndighed, med engangskoden.
would-publish = { $n } udsagn sendes til { $relay }.
would-bring-directory = Medarbejderlisten forsegles til { $n } { $n ->
    [one] apparat
   *[other] apparater
 } i brug.
nothing-to-publish = Serveren har fået alt.
published = { $n } udsagn er sendt og gemt på serveren.
claim-refused = Koden er forkert, eller serveren har allerede en myndighed.
relay-unreachable = Serveren svarer ikke, eller den har ingen myndighed endnu (så brug --claim-code med koden, den skrev ved start); { $left } udsagn venter.
relay-other-authority = Serveren afviser det: den hører til en anden myndighed, eller uret på denne computer går mere end en halv time forkert. Se først efter uret.
relay-newer-directory = Serveren har en nyere medarbejderliste end dette kontor: kontoret er en ældre kopi, eller uret går bagud. Ret uret, eller hent den nyeste kopi; { $left } udsagn venter.
relay-incompatible = Serveren forstår ikke dette; den er måske ikke Tværs, eller en anden udgave.

status-name = Kommune: { $name }
status-authority = Myndighed (serverens --authority): { $authority }
status-fingerprint = { $n ->
    [one] Myndighedens fingeraftryk: { $fingerprint }
   *[other] Myndighedens fingeraftryk nu: { $fingerprint } (nøglen er skiftet; serverens --authority bliver, som den er)
}
status-relay = Server: { $relay }
status-units = Enheder: åbne { $open }, lukkede { $closed }
status-people = Medarbejdere: i arbejde { $active }, spærrede { $suspended }, fratrådte { $left }
status-devices = Apparater: i brug { $used }, spærrede { $revoked }
status-wipes = { $n ->
    [one] 1 apparat er bedt om at slette sig selv og har ikke svaret, så vidt kontoret ved: kør devices
   *[other] { $n } apparater er bedt om at slette sig selv og har ikke svaret, så vidt kontoret ved: kør devices
 }
status-managers = { $n ->
    [0] Forvaltere: ingen; udpeg mindst to med role grant
    [one] Forvaltere: 1; udpeg en til
   *[other] Forvaltere: { $n }
 }
status-recovery = Nøgleark: deling { $split }, fingeraftryk { $fingerprint }, udstedt { $since }, hos { $holders }
status-drill = Prøve af nøgleark: senest { $last }; næste inden { $due }
status-drill-overdue = PRØVE AF NØGLEARK ER OVER FRIST: senest { $last }, skulle være gjort inden { $due }
status-drill-never = Prøve af nøgleark: ikke gjort siden udstedelsen; første inden { $due }
status-drill-never-overdue = PRØVE AF NØGLEARK ER OVER FRIST: aldrig gjort, skulle være gjort inden { $due }
status-publish = { $n ->
    [0] Serveren har fået alt
    [one] 1 udsagn er ikke sendt til serveren: kør publish
   *[other] { $n } udsagn er ikke sendt til serveren: kør publish
 }
status-directory-due = Medarbejderlisten på apparaterne er ikke den nyeste: kør publish
status-journal = { $n ->
    [one] Logbog: 1 post, { $seen } (notér den et andet sted)
   *[other] Logbog: { $n } poster, den seneste { $seen } (notér den et andet sted)
 }

seen-malformed = Skriv den noterede post, som status viser den: 31:0123456789abcdef.
seen-gone = Logbogen har ikke den noterede post { $number }: kontoret er en gammel kopi, eller logbogen er skrevet om.
audit-whole = { $n ->
    [one] 1 post, underskrevet.
   *[other] { $n } poster, hver underskrevet og i rækkefølge.
 }
drill-begin = To af de tre nøgleholdere skriver hver sit ark. Intet åbnes, og intet af det gemmes.
drill-first = Første nøgleark
drill-second = Andet nøgleark
drill-good = De to ark giver kommunens gendannelsesnøgle.
rotated = Kontoret er låst med den nye adgangssætning. Gamle sikkerhedskopier åbnes stadig med den gamle: destruér dem.
rotate-plan = Myndighedens nøgle ({ $fingerprint }) skiftes til en ny. To nøgleholdere er med, hver med sit ark. Hvad den gamle nøgle underskriver fra nu af, bliver afvist, når serveren og apparaterne har hørt det; det, den har underskrevet før, gælder stadig.
rotate-waiting = { $n ->
    [one] Serveren mangler endnu { $n } udsagn, underskrevet med den gamle nøgle. Kør først publish, hvis det kan lade sig gøre.
   *[other] Serveren mangler endnu { $n } udsagn, underskrevet med den gamle nøgle. Kør først publish, hvis det kan lade sig gøre.
}
rotate-invites = { $n ->
    [one] 1 invitation er åben og trækkes tilbage. Giv en ny ud bagefter.
   *[other] { $n } invitationer er åbne og trækkes tilbage. Giv nye ud bagefter.
}
invites-withdrawn = { $n ->
    [one] 1 åben invitation er trukket tilbage: Den, der har den gamle nøgle, kunne svare på den. Giv en ny ud, når publish er kørt.
   *[other] { $n } åbne invitationer er trukket tilbage: Den, der har den gamle nøgle, kunne svare på dem. Giv nye ud, når publish er kørt.
}
invites-not-closed = { $n ->
    [one] Serveren kunne ikke få det at vide om 1 af dem: En telefon, der bruger den, venter forgæves, til den udløber. Kassér arket.
   *[other] Serveren kunne ikke få det at vide om { $n } af dem: Telefoner, der bruger dem, venter forgæves, til de udløber. Kassér arkene.
}
rotate-begin = To af de tre nøgleholdere skriver hver sit ark. Dermed siger de god for den nye nøgle. Intet åbnes, og intet af det gemmes.
rotate-done = Myndighedens nøgle er skiftet. Hver nøgleholder streger fingeraftrykket { $old } ud på sit ark og skriver { $fingerprint }. Tag en sikkerhedskopi af kontoret nu: den nye nøgle er i ingen ældre kopi.

recover-fetched = Det ligger i { $file }. Tag filen til en maskine uden net, hvor to nøgleholdere åbner den med recover open. Den indeholder medarbejderlisten; slet den bagefter.
recover-unwritten = Serveren har svaret, men { $file } kan ikke skrives: { $why }
recover-none-own = Serveren har intet at gendanne for den medarbejder: Et apparat i medarbejderens kreds er ikke spærret (kør revoke-device og publish), eller der er ingen kreds endnu.
recover-none = Serveren har ingen kredse, hvor ingen længere kan lukke andre ind, efter at den medarbejder gik.
recover-unreachable = Serveren svarer ikke; intet er hentet eller sendt. Prøv igen om lidt.
recover-unreadable = Filen { $file } kan ikke læses.
recover-file-other = Det er ikke en fil, som recover har skrevet.
recover-file-changed = Filen er ikke, som kontoret skrev den; hent den igen. Sker det to gange, så stol ikke på den, der bragte den.
recover-no-key = Myndigheden har ingen gendannelsesnøgle i kraft.
recover-municipality = Kommune: { $name }. Myndighedens fingeraftryk: { $authority } – skal være det, der står på arkene. Er det ikke, så skriv intet.
recover-when = Hentet { $when }.
recover-own = { $person } får adgang igen til sin egen kreds og dermed til alt, hvad hun eller han kunne læse.
recover-forsaken = { $n ->
    [one] { $person } får 1 kreds, som ingen kan lukke andre ind i, siden { $left } gik.
   *[other] { $person } får { $n } kredse, som ingen kan lukke andre ind i, siden { $left } gik.
 }
recover-device = Adgangen gives til det ene apparat, hvis skærm viser { $code }. Se det selv på apparatet.
recover-reason = Alle i kredsene får at se: { $reason }
recover-skipped-left = { $n ->
    [one] 1 kreds gendannes ikke: Der er stadig nogen, der kan lukke andre ind, eller som selv skal have sin egen kreds igen først.
   *[other] { $n } kredse gendannes ikke: Der er stadig nogen, der kan lukke andre ind, eller som selv skal have deres egen kreds igen først.
 }
recover-skipped-unwrapped = { $n ->
    [one] 1 kreds kan ikke gendannes: Dens nøgle er ikke lukket inde til disse nøgleark.
   *[other] { $n } kredse kan ikke gendannes: Deres nøgler er ikke lukket inde til disse nøgleark.
 }
recover-skipped-broken = { $n ->
    [one] 1 kreds kan ikke gendannes: Det, serveren gav, er ikke, hvad dens medlemmer har underskrevet.
   *[other] { $n } kredse kan ikke gendannes: Det, serveren gav, er ikke, hvad deres medlemmer har underskrevet.
 }
recover-skipped-charter = { $n ->
    [one] 1 enheds kreds gendannes ikke: Den, der skal have adgang, arbejder ikke i den enhed.
   *[other] { $n } enheders kredse gendannes ikke: Den, der skal have adgang, arbejder ikke i de enheder.
 }
recover-nothing = Der er ingen kreds, der kan gendannes; intet er åbnet.
recover-unknown-code = Ingen af medarbejderens apparater har de cifre. Læs dem på apparatet selv; er de rigtige, så er apparatet ikke godkendt, da filen blev hentet.
recover-device-out = Apparatet er spærret, eller medarbejderen er ikke i arbejde.
recover-not-in = Medarbejderens apparat er ikke i medarbejderens egen kreds; gendan den først med recover fetch --person.
recover-reason-missing = Skriv en grund på højst 400 tegn; alle i kredsene får den at se.
recover-begin = To af de tre nøgleholdere skriver hver sit ark. Intet af det gemmes.
recover-opened = { $n ->
    [one] 1 kreds er underskrevet. Tag { $file } tilbage til it, og send den med recover push. Den rummer ingen hemmelighed.
   *[other] { $n } kredse er underskrevet. Tag { $file } tilbage til it, og send den med recover push. Den rummer ingen hemmelighed.
 }
recover-pushed = { $n ->
    [one] 1 kreds er gendannet. Apparatet læser den, næste gang det er i kontakt.
   *[other] { $n } kredse er gendannet. Apparatet læser dem, næste gang det er i kontakt.
 }
recover-stale = { $n ->
    [one] 1 kreds er ændret, siden filen blev hentet: hent igen med recover fetch, og lad to nøgleholdere åbne den igen.
   *[other] { $n } kredse er ændret, siden filen blev hentet: hent igen med recover fetch, og lad to nøgleholdere åbne dem igen.
 }
recover-refused = { $n ->
    [one] Serveren afviser 1 kreds ({ $code }): Nogen kan lukke andre ind igen, eller gendannelsesnøglen er spærret.
   *[other] Serveren afviser { $n } kredse ({ $code }): Nogen kan lukke andre ind igen, eller gendannelsesnøglen er spærret.
 }

holders-three = Der skal være tre nøgleholdere: skriv --holder NAVN tre gange.
init-plan = { $name } oprettes med serveren { $relay } og nøgleholderne { $holders }. Kontoret skrives i { $office }, nøglearkene lægges i { $dir }, til de er printet og læst tilbage.
init-cut-off = Her lå nøgleark fra en afbrudt oprettelse. De er slettet; er de printet, så makulér dem: de åbner intet.
init-print = Print de tre sider, én til hver nøgleholder:
init-read-back = { $holder } læser nøgleark { $number } fra papiret
init-done = Kommunen er oprettet. Kontoret ligger i { $office }; nøglearkenes filer er slettet. Tag en sikkerhedskopi af kontoret nu.
renew-plan = En ny gendannelsesnøgle deles på tre nye ark til { $holders }. To af de gamle ark (hos { $old }) skal bruges. Arkene lægges i { $dir }, til de er printet og læst tilbage.
renew-cut-off = Her lå nøgleark fra en afbrudt ceremoni. De er slettet; er de printet, så makulér dem: de åbner intet.
renew-begin = To af de nuværende nøgleholdere skriver hver sit gamle ark. Dermed siger de god for de nye. Intet åbnes, og intet af det gemmes.
renew-done = De nye ark gælder nu, og deres filer er slettet. Saml de gamle ark ind og makulér dem: to af dem åbner stadig det, der er skrevet før. Tag en sikkerhedskopi af kontoret nu.
sheets-failed = Nøglearkene kan ikke lægges i { $dir }: { $why }
sheet-good = Ark { $number } er rigtigt.
sheet-unknown-word = Linje { $line }, ord { $word } er ikke et af ordene på noget ark.
sheet-wrong-word = Linje { $line }, ord { $word } er ikke det, der står på arket.
sheet-wrong-line = Linje { $line } er ikke, som den står på arket: flere ord er forkerte, eller det er en anden linje.
sheet-words = { $n ->
    [one] Linje { $line } har 1 ord; der skal være 8.
   *[other] Linje { $line } har { $n } ord; der skal være 8.
 }
sheet-lines = Der er { $n } ord; et ark har 40.
sheet-code = Det er ikke teksten fra et nøglearks QR-kode, eller den er ikke læst helt.
sheet-mixed = Linjerne er ikke fra det samme ark.
sheet-version = Arket er lavet af en anden udgave af Tværs.
sheet-other-municipality = Arket hører til en anden kommune.
sheet-other-split = Arket er fra en anden deling end den gældende; det åbner intet og skal makuleres.
sheet-not-together = De to ark er fra hver sin deling.
sheet-twice = Det er det samme ark to gange.
sheet-other-holder = Det er en anden nøgleholders ark.
sheet-other-key = De to ark giver ikke den nøgle, kontoret har noteret.

act-founded = Kommunen oprettes; gendannelsesnøgle { $fingerprint }, deling { $split }
act-unit-added = Enheden { $unit } tilføjes
act-unit-renamed = Enheden hedder nu { $unit }
act-unit-closed = Enheden { $unit } lukkes
act-profession-added = Faggruppen { $profession } tilføjes
act-joined = { $person } begynder i { $unit }
act-changed = { $person } får rettet navn eller faggruppe
act-moved = { $person } flytter fra { $from } til { $to }
act-role-granted = { $person } bliver { $role }
act-role-revoked = { $person } er ikke længere { $role }
act-certified = { $person } får apparatet { $device } godkendt
act-device-revoked = { $person } får apparatet { $device } spærret for altid
act-suspended = { $person } spærres
act-reinstated = { $person } lukkes ind igen
act-left = { $person } fratræder
act-returned = { $person } kommer tilbage, i { $unit }
act-published = { $n } udsagn sendt til serveren
act-drilled = Nøglearkene hos { $first } og { $second } er prøvet sammen
act-passphrase-rotated = Adgangssætningen skiftes
act-authority-rotated = Myndighedens nøgle skiftes til { $fingerprint }, med ark { $first } og { $second }
act-sheets-renewed = Nye nøgleark: gendannelsesnøgle { $fingerprint }, deling { $split }, med de gamle ark { $first } og { $second }
act-invited = { $person } inviteres til at tilmelde et apparat
act-invite-ended = Invitationen til { $person } gælder ikke længere
act-recovery-fetched = { $person } skal have de kredse, { $left } efterlader: hentes fra serveren til nøgleholderne
act-recovery-fetched-own = { $person } skal tilbage i sin egen kreds: den hentes fra serveren til nøgleholderne
act-restored = Underskrevet af to nøgleholdere sendes til serveren: { $person } får med apparatet { $device } adgang til { $n ->
    [one] 1 kreds
   *[other] { $n } kredse
 }
act-wipe-asked = Apparatet { $device } hos { $person } bedes slette sig selv
act-wipe-withdrawn = Apparatet { $device } hos { $person } bedes ikke længere slette sig selv
act-wipe-confirmed = Apparatet { $device } hos { $person } kvitterer for at være slettet { $at }, modtaget { $received }; noter, der ikke var sendt: { $n }
act-wipe-confirmed-uncounted = Apparatet { $device } hos { $person } kvitterer for at være slettet { $at }, modtaget { $received }; usendte noter kunne ikke tælles
act-relay-named = Serverens adresse skiftes

# Opbevaring
refused-retention = Registreringer kan gemmes i 1 til 1.200 måneder; adgangsloggen følger ikke denne regel.
retention-unknown-kind = Den slags registrering findes ikke. Vælg en af: { $kinds }.
retention-none = Intet slettes efter en frist: alt gemmes, til to personer sletter det.
retention-row = { $kind }: { $n } måneder, efter at serveren fik det seneste
act-retention-set = { $kind } gemmes i { $n } måneder
act-retention-ended = { $kind } gemmes uden frist

# Hvem der må sendes hvad, og med hvilken hjemmel
refused-sharing = En regel nævner kendte slags enheder og registreringer og en hjemmel på én linje; der kan være 256 regler.
sharing-standard = Kommunen har ikke fastsat egne regler. Disse gælder, til den gør det; kommunens jurist skal bekræfte dem.
sharing-unknown-unit = Linje { $line }, { $column }: "{ $value }" er ikke en slags enhed. Vælg blandt: { $kinds }, eller * for alle.
sharing-unknown-kind = Linje { $line }, { $column }: "{ $value }" er ikke en slags registrering. Vælg blandt: { $kinds }, eller * for alle.
act-sharing-set = { $n ->
    [one] Én regel bestemmer, hvem der må sendes hvad; alt andet afvises
   *[other] { $n } regler bestemmer, hvem der må sendes hvad; alt andet afvises
}
act-sharing-standard = Reglerne for, hvem der må sendes hvad, er de almindelige igen
