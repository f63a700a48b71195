package dk.tvaers.app

import dk.tvaers.core.ErasedPhone
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.util.Locale

/** What a person is told whose phone the municipality no longer serves. Danish first; English where the phone speaks it. */
class Farewell(private val english: Boolean = false, private val zone: ZoneId = ZoneId.of("Europe/Copenhagen")) {
    /** The relay refuses this phone: it is lost, or its person is away. What is here stays, and can be read. */
    fun refused(): String =
        if (english) {
            "The municipality no longer exchanges anything with this phone. What is already here can still be read. " +
                "Nothing new arrives, and what you write stays here. Call IT."
        } else {
            "Kommunen udveksler ikke længere noget med denne telefon. Det, der allerede ligger her, kan stadig læses. " +
                "Nyt kommer ikke, og det, du skriver, bliver her. Ring til it."
        }

    /** The whole page, once the phone was erased. */
    fun erased(phone: ErasedPhone): String = listOfNotNull(happened(phone.at), lost(phone.unsent), told(phone.told), call()).joinToString(" ")

    private fun happened(at: Long): String {
        val locale = if (english) Locale.ENGLISH else Locale.forLanguageTag("da")
        val pattern = if (english) "d MMMM yyyy, HH:mm" else "d. MMMM yyyy 'kl.' HH.mm"
        val day = DateTimeFormatter.ofPattern(pattern, locale).withZone(zone).format(Instant.ofEpochMilli(at))
        return if (english) {
            "This phone was erased by the municipality on $day. Nothing that Tværs had on it can be read any more."
        } else {
            "Denne telefon er slettet af kommunen den $day. Intet af det, Tværs havde på den, kan læses længere."
        }
    }

    private fun lost(unsent: ULong?): String? = when {
        unsent == null && english -> "Notes may have been lost that had not been sent."
        unsent == null -> "Der kan være gået noter tabt, som ikke var sendt."
        unsent == 0uL -> null
        unsent == 1uL && english -> "1 note had not been sent and is lost."
        unsent == 1uL -> "1 note var ikke sendt og er tabt."
        english -> "$unsent notes had not been sent and are lost."
        else -> "$unsent noter var ikke sendt og er tabt."
    }

    private fun told(told: Long?): String? = when {
        told != null -> null
        english -> "The municipality does not know yet: open the app when there is network."
        else -> "Kommunen ved det ikke endnu: Åbn appen, når der er net."
    }

    private fun call() = if (english) "Call IT." else "Ring til it."
}
