# Det, skrivebordet siger i terminalen. Til den, der sidder ved det; it har sine egne ord i authority.da.ftl.
passphrase-advice = Vælg en adgangssætning til dette skrivebord på mindst { $length } tegn: fem eller flere ord, som ingen kan gætte. Kun du kender den. Glemmes den, kan det, der kun ligger her, ikke læses mere.

file-gone = Skrivebordets nøglefil er væk.
file-exists = Der er allerede en nøglefil her; den bliver aldrig overskrevet.
file-busy = Skrivebordet er åbent i forvejen, eller en anden kommando er i gang med det.
file-other = Nøglefilen er en helt anden fil.
file-newer = Nøglefilen er skrevet af en nyere udgave af Tværs: opdatér programmet.
file-damaged = Nøglefilen er beskadiget; uden den kan det, der ligger her, ikke læses. Ring til it.
file-full = Nøglefilen er for stor.
stretch-weak = Adgangssætningen ville ikke være beskyttet nok mod gæt.
stretch-huge = Nøglefilen kræver mere hukommelse eller tid, end denne udgave tillader.
stretch-memory = Der er ikke hukommelse nok til at åbne skrivebordet.

desk-missing = Her er intet skrivebord: tilmeld det først med tvaers desk --store MAPPE enrol, eller peg på det med --store.
key-missing = Nøglefilen desk.key mangler i { $store }; uden den kan det, der ligger der, ikke læses. Læg den tilbage, eller ring til it.
not-enrolled = Skrivebordet er ikke lukket ind endnu: kør enrol igen med den samme invitation.
store-other-key = Nøglefilen hører ikke til det, der ligger i mappen; de to er blandet sammen fra hver sit sted.
store-other = Filerne i mappen er ikke et skrivebord.
store-newer = Skrivebordet er skrevet af en nyere udgave af Tværs: opdatér programmet. Intet er rørt.
store-read-only = Der kan ikke skrives i skrivebordets mappe.
store-full = Disken er fuld: nyt kan ikke gemmes, før der er plads. Det, der er gemt, er sikkert.
store-in-use = Skrivebordet er åbent i forvejen.
store-erased = Skrivebordet er slettet af kommunen. Ring til it.
store-io = Disken svarer ikke, som den skal (kode { $code }). Intet, der er gemt, er tabt.
store-damaged = Skrivebordets filer er beskadiget: behold dem, og ring til it.

ask-invite = Indsæt invitationen (TVAERS:INV:…), og tryk Enter:
invite-malformed = Det er ikke en invitation, eller den er ikke læst helt: indsæt hele linjen fra TVAERS:INV: på.
invite-version = Invitationen er lavet af en anden udgave af Tværs: opdatér programmet, eller bed it om en ny.
invite-expired = Invitationen er udløbet eller trukket tilbage: bed it om en ny.
invite-used = Invitationen er brugt af et andet apparat. Var det ikke dit eget, så ring til it med det samme; ellers bed om en ny.
invite-seal = Svaret er ikke forseglet med denne invitation; nogen kan have rørt ved det på vejen. Ring til it.
invite-other-authority = Svaret er ikke fra den kommune, invitationen er fra: nogen udgiver sig for den. Ring til it, og tilmeld intet, før det er forklaret.
enrolment-refused = Tilmeldingen passer ikke til dette skrivebord: bed it om en ny invitation.
enrol-compare = Disse cifre skal it se ved siden af dit navn: { $code }
enrol-waiting = Læs dem op for it ad en vej, du stoler på, og vent. Ctrl-C afbryder; kør enrol igen med den samme invitation for at fortsætte.
enrolled = Skrivebordet hører nu til { $person }.
enrolled-open = Åbn det med: tvaers desk --store { $store }
enrolled-already = Skrivebordet i { $store } er tilmeldt i forvejen: åbn det med tvaers desk --store { $store }.

server-unreachable = Kommunens server svarer ikke. Er der net? Intet er tabt; prøv igen.
server-refuses = Kommunens server afviser dette skrivebord. Ring til it.
server-incompatible = Kommunens server forstår ikke dette; den er en anden udgave, eller det er ikke den.

opened = Skrivebordet er åbent for { $person }; dets cifre er { $code }. Det er i kontakt med kommunen, så længe dette vindue er åbent.
link-advice = Åbn linket i browseren på denne computer. Det virker én gang og i 60 sekunder. Enter giver et nyt; Ctrl-C lukker skrivebordet.
port-taken = Porten { $port } på 127.0.0.1 kan ikke bruges ({ $why }): vælg en anden med --port.
device-refused = Kommunen udveksler ikke længere noget med dette skrivebord. Det, der allerede ligger her, kan stadig læses. Nyt kommer ikke, og det, du skriver, bliver her. Ring til it.
rotated = Skrivebordet åbnes fra nu af med den nye adgangssætning. Kopier af desk.key åbnes stadig med den gamle: slet dem.

erased-told = { $n ->
    [0] Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. Alt var sendt. Kommunen ved, at det er slettet. Ring til it.
    [one] Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. 1 note var ikke sendt og er tabt. Kommunen ved, at det er slettet. Ring til it.
   *[other] Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. { $n } noter var ikke sendt og er tabt. Kommunen ved, at det er slettet. Ring til it.
 }
erased-told-uncounted = Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. Der kan være gået noter tabt, som ikke var sendt. Kommunen ved, at det er slettet. Ring til it.
erased-untold = { $n ->
    [0] Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. Alt var sendt. Kommunen ved det ikke endnu: kør kommandoen igen, når der er net. Ring til it.
    [one] Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. 1 note var ikke sendt og er tabt. Kommunen ved det ikke endnu: kør kommandoen igen, når der er net. Ring til it.
   *[other] Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. { $n } noter var ikke sendt og er tabt. Kommunen ved det ikke endnu: kør kommandoen igen, når der er net. Ring til it.
 }
erased-untold-uncounted = Dette skrivebord blev slettet af kommunen den { $at }. Intet af det, Tværs havde her, kan læses længere. Der kan være gået noter tabt, som ikke var sendt. Kommunen ved det ikke endnu: kør kommandoen igen, når der er net. Ring til it.
