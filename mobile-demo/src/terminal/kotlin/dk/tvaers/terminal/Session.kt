package dk.tvaers.terminal

import dk.tvaers.core.Audience
import dk.tvaers.core.ChildFacts
import dk.tvaers.core.ConcernText
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
        val seen = asked(words.askSeen())
        val own = asked(words.askWords()).ifBlank { null }
        val to = coordinator(about)
        phone.writeObservation(about, now(), ObservationText(seen, own), listOfNotNull(to?.let(Audience::Line)))
        out(words.saved())
        contact()
    }

    private fun concern() {
        val about = child()
        val to = coordinator(about) ?: return out(words.needsCoordinator())
        val trigger = asked(words.askTrigger())
        val level = Level.entries.getOrNull(chosen(words.askLevel(), Level.entries.map(words::level)) ?: -1)
        val told = yes(words.askParents())
        val reason = if (told) null else asked(words.askWhyNot()).ifBlank { null }
        val text = ConcernText(trigger, Recipient.Person(to), level, parentsTold = ParentsTold(told, reason))
        phone.raiseConcern(about, now(), text, listOf(Audience.Case(listOf(Member.Person(to)))))
        out(words.saved())
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

    /** Who coordinates the child: known here, or chosen now. None, if nobody is chosen: the note is kept, and only its writer reads it. */
    private fun coordinator(about: ChildFacts): PersonId? {
        phone.coordinator(about.id)?.let { return it }
        val directory = phone.directory()
        val people = directory.people.filter { it.person != phone.me() }
        val number = chosen(words.askCoordinator(), people.map { words.person(directory, it) }) ?: return null
        val person = people.getOrNull(number)?.person ?: return null
        phone.setCoordinator(about.id, person)
        return person
    }

    private fun chosen(question: String, lines: List<String>): Int? {
        lines.forEachIndexed { number, text -> out("  ${number + 1}  $text") }
        return asked(question).trim().toIntOrNull()?.minus(1)
    }

    private fun yes(question: String) = asked(question).trim().lowercase() in setOf("j", "ja", "y", "yes")

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
