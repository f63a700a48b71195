package dk.tvaers.terminal

import dk.tvaers.app.Farewell
import dk.tvaers.core.Answer
import dk.tvaers.core.ChildFacts
import dk.tvaers.core.Delivery
import dk.tvaers.core.Directory
import dk.tvaers.core.Kind
import dk.tvaers.core.Level
import dk.tvaers.core.ObservationText
import dk.tvaers.core.Opened
import dk.tvaers.core.OwnRecord
import dk.tvaers.core.PersonFacts
import dk.tvaers.core.PersonId
import dk.tvaers.core.Row
import dk.tvaers.core.Said
import dk.tvaers.core.TvaersException
import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.ResolverStyle

/** What the clock shows where these people work, wherever the computer thinks it is. */
val ZONE: ZoneId = ZoneId.of("Europe/Copenhagen")

/** A day as the core takes it, of what people write for one: 2021-03-01, 1.3.2021 or 1-3-2021. */
fun day(typed: String): String? = DAYS.firstNotNullOfOrNull { form ->
    runCatching { LocalDate.parse(typed, form).toString() }.getOrNull()
}

private val DAYS = listOf("uuuu-MM-dd", "d.M.uuuu", "d-M-uuuu")
    .map { DateTimeFormatter.ofPattern(it).withResolverStyle(ResolverStyle.STRICT) }

/** What a phone in a terminal says. Danish first; the words are the desk's. */
class Words(private val english: Boolean = false) {
    /** What is said when the phone is over. */
    val farewell = Farewell(english)

    private fun say(danish: String, english: String) = if (this.english) english else danish

    fun warning(vault: String) = say(
        "PRØVETELEFON. Den, der har $vault, kan læse alt på den: kun til at prøve med, aldrig til rigtige børn.",
        "A PHONE TO TRY OUT. Whoever has $vault can read everything on it: never for real children.",
    )

    fun hello(name: String, code: String) = say("Telefonen hører til $name; dens cifre er $code.", "The phone belongs to $name; its digits are $code.")

    fun menu() = say(
        "n  ny iagttagelse   b  rejs bekymring   l  mine noter   s  læs svar og andres noter   a  luk et af mine apparater ind   k  kontakt   q  slut",
        "n  new observation   c  raise a concern   l  my notes   r  read answers and others' notes   a  let a device of mine in   k  contact   q  quit",
    )

    fun askInvite() = say("Indsæt invitationen (TVAERS:INV:…):", "Paste the invite (TVAERS:INV:…):")
    fun compare(code: String) = say(
        "Disse cifre skal it se ved siden af dit navn: $code\nLæs dem op for it, og vent. Ctrl-C afbryder.",
        "IT must see these digits beside your name: $code\nRead them to IT, and wait. Ctrl-C interrupts.",
    )

    fun inContact() = say("Kontakt med kommunen: alt er udvekslet.", "In contact with the municipality: everything is exchanged.")
    fun saved(basis: String?) = say("Gemt.", "Saved.") + basis?.let { say(" Hjemmel: ", " Lawful basis: ") + it }.orEmpty()
    fun nothing() = say("Her er ikke noget.", "There is nothing here.")
    fun nobodyKnocks() = say("Ingen af dine apparater venter.", "None of your devices is waiting.")
    fun needsCoordinator() = say("En bekymring skal have en modtager.", "A concern needs somebody to receive it.")

    fun askChild() = say("Hvilket barn? (Enter: et andet)", "Which child? (Enter: another one)")
    fun askGiven() = say("Barnets fornavn:", "The child's given name:")
    fun askFamily() = say("Efternavn:", "Family name:")
    fun askBorn() = say("Født (ÅÅÅÅ-MM-DD):", "Born (YYYY-MM-DD):")
    fun notADay() = say("Det er ikke en dato. Skriv den som 2021-03-01 eller 1.3.2021.", "That is not a date. Write it as 2021-03-01 or 1.3.2021.")
    fun askSeen() = say("Set og hørt – hvad skete der? Skriv, så forældrene kan læse det:", "Seen and heard – what happened? Write so that the parents may read it:")
    fun askWords() = say("Barnets egne ord (Enter: ingen):", "The child's own words (Enter: none):")
    fun askCoordinator() = say("Hvem er tovholder for barnet? (Enter: ved det ikke – så kan kun du læse den)", "Who coordinates the child? (Enter: not known – then only you can read it)")
    fun askBasis() = say("Hvilken hjemmel? (Enter: den første)", "On what lawful basis? (Enter: the first)")
    fun notInList(lines: Int) = say("Skriv et tal fra 1 til $lines, eller tryk Enter.", "Write a number from 1 to $lines, or press Enter.")
    fun yesOrNo() = say("Svar j eller n.", "Answer y or n.")
    fun askTrigger() = say("Hvorfor nu?", "Why now?")
    fun askLevel() = say("Min indstilling:", "The level I propose:")
    fun askParents() = say("Er der talt med forældrene? [j/n]", "Have the parents been talked to? [y/n]")
    fun askWhyNot() = say("Nej, fordi …", "No, because …")
    fun askWhich() = say("Hvilken åbnes? (Enter: ingen)", "Which one is opened? (Enter: none)")
    fun askAdmit() = say(
        "Sammenlign cifrene med det andet apparats skærm. Hvilket lukkes ind? (Enter: ingen – ring til it, hvis du ikke kender det)",
        "Compare the digits with the other device's screen. Which is let in? (Enter: none – call IT if you do not know it)",
    )

    fun child(child: ChildFacts) = "${child.givenName} ${child.familyName} (${child.birthDate.take(4)})"
    fun name(directory: Directory, id: PersonId) = directory.people.find { it.person == id }?.name ?: say("en ukendt", "somebody unknown")
    fun person(directory: Directory, facts: PersonFacts) =
        listOf(facts.name, facts.profession, directory.teams.find { it.team == facts.team }?.name).joinToString(" · ")

    fun moment(at: Instant): String = DateTimeFormatter.ofPattern("d.M. HH:mm").withZone(ZONE).format(at)

    fun level(level: Level) = when (level) {
        Level.WONDER -> say("Undring", "Wondering")
        Level.CONCERN -> say("Bekymring", "Concern")
        Level.SERIOUS -> say("Alvorlig bekymring", "Serious concern")
        Level.ACUTE -> say("Akut – handl nu", "Acute – act now")
    }

    fun kind(kind: Kind?) = when (kind) {
        Kind.OBSERVATION -> say("Iagttagelse", "Observation")
        Kind.CONCERN -> say("Bekymring", "Concern")
        Kind.REPLY -> say("Svar", "Answer")
        Kind.DRAFT -> say("Kladde", "Draft")
        Kind.DISCLOSURE -> say("Videregivelse", "Disclosure")
        else -> say("Anden registrering", "Another record")
    }

    fun row(row: Row, directory: Directory, at: String): String {
        val doubt = if (row.unconfirmed) say("ikke bekræftet: spørg den, der har skrevet", "not confirmed: ask the one who wrote it") else null
        val words = if (row.readAt == null) say("ny", "new") else row.headline
        return listOfNotNull(at, name(directory, row.author), kind(row.kind), words, doubt).joinToString(" · ")
    }

    fun own(own: OwnRecord, directory: Directory, at: String): String {
        fun who(of: List<PersonId>) = of.joinToString { name(directory, it) }
        val readers = own.readers
        val awaited = readers.filter { it.awaited }.map { it.person }
        val waits = if (awaited.isEmpty()) null
            else say("Gemt – sendes, når ${who(awaited)} har fået Tværs", "Saved – waiting for ${who(awaited)} to get Tværs")
        val state = when (val delivery = own.delivery) {
            is Delivery.OnThisDevice ->
                if (delivery.stuck == null) say("Kun på din telefon – sendes, når der er net", "Only on your phone – sent once there is a network")
                else say("Ikke sendt: serveren tog den ikke imod; der prøves igen", "Not sent: the server did not take it; it is tried again")
            Delivery.NotLetIn -> say(
                "Kun på din telefon – sendes, når du har lukket telefonen ind fra et af dine andre apparater",
                "Only on your phone – sent once you have let the phone in from another of your devices"
            )
            Delivery.AwaitsReader ->
                if (awaited.isEmpty()) say("Gemt – sendes, så snart modtageren kan læse den", "Saved – sent as soon as whoever it is for can read it")
                else null
            Delivery.SafeForSelf -> say("Gemt – kun du kan læse den", "Saved – only you can read it")
            Delivery.WithRelay -> say("Sendt – ikke hentet endnu af ", "Sent – not fetched yet by ") + who(readers.filter { !it.awaited }.map { it.person })
            Delivery.Received -> say("Fremme hos ", "On the device of ") + who(readers.filter { it.received }.map { it.person })
            Delivery.Read -> say("Læst af ", "Read by ") + who(readers.filter { it.read }.map { it.person })
            Delivery.Answered -> say("Besvaret", "Answered")
        }
        return listOfNotNull(at, kind(own.row.kind), own.row.headline, state, waits).filter { it.isNotBlank() }.joinToString(" · ")
    }

    fun said(opened: Opened): String = when (val said = opened.said) {
        is Said.Observation -> observation(said.v1)
        is Said.Draft -> observation(said.v1)
        is Said.Concern -> listOfNotNull(said.text.trigger, said.decided?.let { level(it.level) }).joinToString("\n")
        is Said.Reply -> listOfNotNull(said.v1.answer?.let { answer(it, said.v1.backBy) }, said.v1.text).joinToString("\n")
        is Said.Other -> opened.row.headline.ifBlank { kind(opened.row.kind) }
    }

    private fun observation(text: ObservationText) =
        listOfNotNull(text.seenHeard, text.childsWords?.let { "»$it«" }, text.interpretation).joinToString("\n")

    private fun answer(answer: Answer, day: String?) = when (answer) {
        Answer.BACK_BY -> say("Jeg vender tilbage senest ", "I will get back to you by ") + day.orEmpty()
        Answer.PART_OF_CASE -> say("Indgår i en igangværende sag", "It is part of a case already under way")
        Answer.TALKING_WITH_FAMILY -> say("Vi taler med familien", "We are talking with the family")
        Answer.EXAMINATION_STARTED -> say("Undersøgelse er sat i gang", "An examination has been started")
        Answer.INTERVENTION_STARTED -> say("Indsats er sat i gang", "An intervention has been started")
        Answer.NOTHING_FOR_NOW -> say("Der sker ikke mere nu; skriv igen, hvis du ser mere", "Nothing further now; write again if you see more")
        Answer.CANNOT_BE_DISCLOSED -> say("Kan ikke oplyses", "Cannot be disclosed")
        Answer.THANKS -> say("Tak", "Thank you")
        Answer.ASK_AGAIN -> say("Vil du fortælle mere?", "Can you tell more?")
    }

    /** One sentence, by what can be done about it. */
    fun refusal(refused: TvaersException): String = when (refused) {
        is TvaersException.TryAgain -> say("Kommunens server svarer ikke. Intet er tabt; det sendes, når der er net.", "The municipality's server does not answer. Nothing is lost; it is sent once there is a network.")
        is TvaersException.Refused -> farewell.refused()
        is TvaersException.Erased -> say("Telefonen er slettet af kommunen. Ring til it.", "The phone was erased by the municipality. Call IT.")
        is TvaersException.InviteRefused -> invite(refused.code)
        is TvaersException.EnrolmentRefused -> say("Tilmeldingen passer ikke til denne telefon: bed it om en ny invitation.", "The enrolment does not fit this phone: ask IT for a new invite.")
        is TvaersException.CorrectField -> say("Ret feltet ${refused.field}: ${refused.why}", "Correct the field ${refused.field}: ${refused.why}")
        is TvaersException.NotShared -> say(
            "Kommunens regler tillader ikke, at det sendes til den modtager. Vælg en anden.",
            "The municipality's rules do not let this be sent to that person. Choose another.",
        )
        is TvaersException.InUse -> say("Telefonen er åben i et andet vindue.", "The phone is open in another window.")
        is TvaersException.WrongKey, is TvaersException.VaultClosed ->
            say("Nøglen i vault.key åbner ikke det, der ligger her.", "The key in vault.key does not open what lies here.")
        is TvaersException.DiskFull -> say("Disken er fuld; intet nyt er gemt.", "The disk is full; nothing new was saved.")
        is TvaersException.UpdateApp -> say("Opdatér programmet: det andet er nyere.", "Update the program: the other end is newer.")
        else -> say("Det kunne ikke gøres: ${refused.message}", "It could not be done: ${refused.message}")
    }

    private fun invite(code: String) = when (code) {
        "expired" -> say("Invitationen er udløbet eller trukket tilbage: bed it om en ny.", "The invite has expired or was withdrawn: ask IT for a new one.")
        "used" -> say("Invitationen er brugt af et andet apparat. Var det ikke dit eget, så ring til it med det samme.", "The invite has been used by another device. If it was not your own, call IT at once.")
        "other-authority" -> say("Svaret er ikke fra den kommune, invitationen er fra. Ring til it, og tilmeld intet.", "The answer is not from the municipality that the invite is from. Call IT, and enrol nothing.")
        "version" -> say("Invitationen er lavet af en anden udgave af Tværs.", "The invite was made by another version of Tværs.")
        else -> say("Det er ikke en invitation, eller den er ikke læst helt.", "That is not an invite, or it was not read whole.")
    }
}
