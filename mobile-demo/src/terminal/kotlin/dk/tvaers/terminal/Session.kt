package dk.tvaers.terminal

import dk.tvaers.core.Audience
import dk.tvaers.core.ChildFacts
import dk.tvaers.core.ConcernText
import dk.tvaers.core.Kind
import dk.tvaers.core.Level
import dk.tvaers.core.Member
import dk.tvaers.core.ObservationText
import dk.tvaers.core.Occurred
import dk.tvaers.core.ParentsTold
import dk.tvaers.core.PersonId
import dk.tvaers.core.Phone
import dk.tvaers.core.Precision
import dk.tvaers.core.Recipient
import dk.tvaers.core.TvaersException
import dk.tvaers.core.newChildId
import dk.tvaers.core.systemNow
import java.net.InetAddress
import java.time.Instant

/** The end of what is typed. */
private class Ended : Exception()

/** Somebody to send to, and the lawful basis, where one is needed. */
private class Share(val to: PersonId, val with: Audience, val basis: String?)

/**
 * What is typed at a phone in a terminal, and what it answers. It holds nothing: every list is asked for anew, and every text goes to
 * the core as it was typed.
 */
class Session(
    private val phone: Phone,
    private val words: Words,
    private val line: () -> String?,
    private val out: (String) -> Unit,
    private val pause: () -> Unit = { Thread.sleep(2_000) },
) {
    /** Until there is nothing more to read, or the phone is erased. */
    fun run() {
        try {
            if (gone()) return
            if (!phone.isEnrolled()) enrol()
            out(words.hello(words.name(phone.directory(), phone.me()), phone.deviceCode()))
            attempt("k")
            while (!gone()) {
                out(words.menu())
                attempt(asked("> ").trim().lowercase())
            }
        } catch (_: Ended) {
            return
        }
    }

    private fun attempt(command: String) = try {
        when (command) {
            "n" -> note()
            "b", "c" -> concern()
            "l" -> list()
            "s", "r" -> read()
            "a" -> admit()
            "k" -> contact()
            "q" -> throw Ended()
            else -> Unit
        }
    } catch (_: TvaersException.Erased) {
        // What happened is said once, by [gone].
    } catch (refused: TvaersException) {
        out(words.refusal(refused))
    }

    private fun enrol() {
        var invite = asked(words.askInvite())
        var shown = false
        val name = "Tværs (${runCatching { InetAddress.getLocalHost().hostName }.getOrDefault("terminal")})"
        while (true) {
            try {
                if (phone.enrolWithInvite(invite, name)) return
                if (!shown) out(words.compare(phone.deviceCode()))
                shown = true
                pause()
            } catch (refused: TvaersException.InviteRefused) {
                if (refused.code != "malformed") throw refused
                out(words.refusal(refused))
                invite = asked(words.askInvite())
            }
        }
    }

    private fun note() {
        val about = child()
        val text = ObservationText(asked(words.askSeen()), asked(words.askWords()).ifBlank { null })
        val share = share(Kind.OBSERVATION, about, Audience::Line)
        phone.writeObservation(about, now(), text, listOfNotNull(share?.with), share?.basis)
        out(words.saved(share?.basis))
        contact()
    }

    private fun concern() {
        val about = child()
        val share = share(Kind.CONCERN, about) { Audience.Case(listOf(Member.Person(it))) }
            ?: return out(words.needsCoordinator())
        val trigger = asked(words.askTrigger())
        val level = Level.entries.getOrNull(chosen(words.askLevel(), Level.entries.map(words::level)) ?: -1)
        val told = yes(words.askParents())
        val reason = if (told) null else asked(words.askWhyNot()).ifBlank { null }
        val text = ConcernText(trigger, Recipient.Person(share.to), level, parentsTold = ParentsTold(told, reason))
        phone.raiseConcern(about, now(), text, listOf(share.with), share.basis)
        out(words.saved(share.basis))
        contact()
    }

    private fun list() {
        contact()
        val directory = phone.directory()
        val own = phone.ownRecords(50u)
        if (own.isEmpty()) out(words.nothing())
        own.forEach { out(words.own(it, directory, local(it.row.recordedAt))) }
    }

    private fun read() {
        contact()
        val directory = phone.directory()
        val rows = phone.inbox(50u)
        if (rows.isEmpty()) return out(words.nothing())
        val lines = rows.map { words.row(it, directory, local(it.recordedAt)) }
        val row = rows.getOrNull(chosen(words.askWhich(), lines) ?: return) ?: return
        // The use is noted, and the writer told, before it is shown.
        phone.markRead(row.record)
        out(words.said(phone.view(row.record)))
        contact()
    }

    private fun admit() {
        contact()
        val knocking = phone.knocking()
        if (knocking.isEmpty()) return out(words.nobodyKnocks())
        val code = knocking.getOrNull(chosen(words.askAdmit(), knocking) ?: return) ?: return
        phone.admit(code)
        contact()
    }

    private fun contact() {
        val failed = phone.syncOnce().failed
        out(if (failed == null) words.inContact() else words.refusal(failed))
    }

    /** True, and said, if the municipality has had this phone erased. */
    private fun gone(): Boolean {
        val erased = phone.erased() ?: return false
        // Tells the municipality, if it has not been told.
        runCatching { phone.syncOnce() }
        out(words.farewell.erased(phone.erased() ?: erased))
        return true
    }

    private fun child(): ChildFacts {
        val known = phone.children().mapNotNull { it.about }
        val chosen = if (known.isEmpty()) null else chosen(words.askChild(), known.map(words::child))
        chosen?.let { number -> known.getOrNull(number)?.let { return it } }
        val (given, family) = asked(words.askGiven()) to asked(words.askFamily())
        return ChildFacts(newChildId(), given, family, born())
    }

    /** Asked until it is a day: what is typed after it must not be lost to it. */
    private fun born(): String {
        while (true) day(asked(words.askBorn()).trim())?.let { return it } ?: out(words.notADay())
    }

    /**
     * To the child's coordinator, who is known here or chosen now. None, if that is nobody, or nobody who may have it: a note is kept, and
     * only its writer reads it.
     */
    private fun share(kind: Kind, about: ChildFacts, audience: (PersonId) -> Audience): Share? {
        val known = phone.coordinator(about.id)
        while (true) {
            val to = known ?: colleague() ?: return null
            try {
                val basis = basis(phone.bases(kind, about.id, audience(to)).orEmpty())
                if (known == null) phone.setCoordinator(about.id, to)
                return Share(to, audience(to), basis)
            } catch (refused: TvaersException.NotShared) {
                out(words.refusal(refused))
                if (known != null) return null
            }
        }
    }

    private fun colleague(): PersonId? {
        val directory = phone.directory()
        val people = directory.people.filter { it.person != phone.me() }
        return chosen(words.askCoordinator(), people.map { words.person(directory, it) })?.let { people[it].person }
    }

    /** One of several is chosen; the municipality's first, if nothing is. */
    private fun basis(lawful: List<String>) =
        if (lawful.size < 2) lawful.firstOrNull() else lawful[chosen(words.askBasis(), lawful) ?: 0]

    /** Which of these; none for an empty line. Asked until it is one of them. */
    private fun chosen(question: String, lines: List<String>): Int? {
        lines.forEachIndexed { number, text -> out("  ${number + 1}  $text") }
        while (lines.isNotEmpty()) {
            val typed = asked(question).trim()
            if (typed.isEmpty()) break
            typed.toIntOrNull()?.minus(1)?.takeIf(lines.indices::contains)?.let { return it }
            out(words.notInList(lines.size))
        }
        return null
    }

    private fun yes(question: String): Boolean {
        while (true) {
            when (asked(question).trim().lowercase()) {
                "j", "ja", "y", "yes" -> return true
                "n", "nej", "no" -> return false
                else -> out(words.yesOrNo())
            }
        }
    }

    private fun asked(question: String): String {
        out(question)
        return line() ?: throw Ended()
    }

    private fun local(at: Long) = words.moment(Instant.ofEpochMilli(at))

    private fun now(): Occurred {
        val at = systemNow()
        val offset = ZONE.rules.getOffset(Instant.ofEpochMilli(at)).totalSeconds / 60
        return Occurred(at, offset.toLong(), Precision.MINUTE)
    }
}
