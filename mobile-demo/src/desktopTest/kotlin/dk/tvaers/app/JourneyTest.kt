package dk.tvaers.app

import dk.tvaers.core.Answer
import dk.tvaers.core.Audience
import dk.tvaers.core.BodyMarkText
import dk.tvaers.core.ConcernState
import dk.tvaers.core.ConcernText
import dk.tvaers.core.Delivery
import dk.tvaers.core.ErasingState
import dk.tvaers.core.ErasingWhat
import dk.tvaers.core.GivenVote
import dk.tvaers.core.Kind
import dk.tvaers.core.Level
import dk.tvaers.core.Member
import dk.tvaers.core.ObservationText
import dk.tvaers.core.ParentsTold
import dk.tvaers.core.Recipient
import dk.tvaers.core.ReplyText
import dk.tvaers.core.Said
import dk.tvaers.core.TvaersException
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** What one person writes on a phone without a network, another reads, word for word; and the answer comes back. */
class JourneyTest {
    private val town = Town()
    private val staff get() = town.staff.phone
    private val desk get() = town.desk.phone

    @After
    fun close() = town.close()

    @Test
    fun threeNotesWrittenOfflineReachTheCaseworkerWordForWord() {
        town.acquaint()
        town.stopRelay()
        val about = child()
        val full = ObservationText(
            seenHeard = "Sad under bordet med <b>rygsækken</b> på 🎒\nog ville ikke hjem.",
            childsWords = "»Jeg vil ikke hjem til Åge«",
            interpretation = "Måske er der sket noget derhjemme.",
            immediateAction = "Blev siddende hos hende.",
            setting = "garderobe",
            domains = listOf("tryghed", "måltider"),
            bodyMarks = listOf(BodyMarkText("venstre arm", "blåt mærke på størrelse med en femkrone")),
        )
        val texts = listOf(full, saw("Spiste ikke.\u0000\u202E"), saw("e\u0301 er ikke é, og \u00A0 er et mellemrum  "))
        val notes = texts.map { staff.writeObservation(about, now(), it, listOf(Audience.Line(desk.me()))) }
        assertEquals(TvaersException.TryAgain::class, staff.syncOnce().failed!!::class)
        notes.forEach { assertEquals(Delivery.OnThisDevice(null), staff.stateOf(it)) }

        town.startRelay()
        staff.syncWell()
        notes.forEach { assertEquals(Delivery.WithRelay, staff.stateOf(it)) }
        desk.syncWell()
        assertEquals(notes.toSet(), desk.inbox(10u).map { it.record }.toSet())
        notes.zip(texts).forEach { (note, text) ->
            val read = desk.view(note)
            assertEquals(Said.Observation(text), read.said)
            assertEquals(about, read.about)
            assertEquals("pædagog", read.profession)
            assertEquals(staff.me(), read.row.author)
        }
        staff.syncWell()
        notes.forEach { assertEquals(Delivery.Received, staff.stateOf(it)) }

        assertTrue(desk.markRead(notes[0]))
        assertFalse(desk.markRead(notes[0]))
        desk.syncWell()
        staff.syncWell()
        assertEquals(listOf(Delivery.Read, Delivery.Received, Delivery.Received), notes.map { staff.stateOf(it) })
        assertEquals(listOf(true, false, false), notes.map { staff.view(it).readers.single().read })

        val answer = ReplyText(Answer.BACK_BY, "2027-01-08", "Tak. Jeg ringer i dag.")
        val reply = desk.reply(notes[0], answer)
        desk.syncWell()
        staff.syncWell()
        assertEquals(listOf(Delivery.Answered, Delivery.Received, Delivery.Received), notes.map { staff.stateOf(it) })
        assertEquals(Said.Reply(answer), staff.view(reply).said)
        assertEquals(notes[0], staff.inbox(10u).single().answers)
        assertEquals(about, desk.children().single().about)
        assertEquals(4uL, desk.children().single().row.records)
        assertEquals(listOf(notes[0]), desk.search("rygsæk", 10u).map { it.record })
        assertTrue(staff.setAside().isEmpty() && desk.setAside().isEmpty())
    }

    @Test
    fun aConcernRaisedOfflineReachesTheCaseWithItsVote() {
        town.acquaint()
        town.stopRelay()
        val about = child()
        val case = Audience.Case(listOf(Member.Person(desk.me())))
        val note = staff.writeObservation(about, now(), saw("Kom uden jakke."), listOf(case))
        val text = ConcernText(
            trigger = "Tredje mandag i træk.",
            recipient = Recipient.Person(desk.me()),
            ownVote = Level.SERIOUS,
            parentsTold = ParentsTold(false, "Mor svarede ikke."),
            observations = listOf(note),
        )
        val concern = staff.raiseConcern(about, now(), text, listOf(case))
        town.startRelay()
        staff.syncWell()
        desk.syncWell()
        val votes = listOf(GivenVote(staff.me(), Level.SERIOUS, null))
        val expected = Said.Concern(text.copy(ownVote = null), votes, null, ConcernState.NEW)
        assertEquals(expected, desk.view(concern).said)
    }

    @Test
    fun whenACoordinatorAppearsTheNotesWrittenBeforeReachThatPerson() {
        town.acquaint()
        val about = child()
        val note = staff.writeObservation(about, now(), saw("Græd ved afleveringen."), emptyList())
        staff.syncWell()
        assertEquals(Delivery.SafeForSelf, staff.stateOf(note))
        staff.setCoordinator(about.id, desk.me())
        assertEquals(desk.me(), staff.coordinator(about.id))
        staff.syncWell()
        desk.syncWell()
        assertEquals(Said.Observation(saw("Græd ved afleveringen.")), desk.view(note).said)
    }

    @Test
    fun aDraftIsSavedChangedAndSubmittedWithoutWhatWasDeleted() {
        town.enrolAll()
        val about = child()
        val draft = staff.beginDraft(null, now(), saw(""))
        staff.saveDraft(draft, about, now(), saw("Peter slog"))
        town.staff.reopen()
        assertEquals(Said.Draft(saw("Peter slog")), staff.view(draft).said)
        staff.saveDraft(draft, about, now(), saw("Et andet barn slog"))
        val note = staff.submitDraft(draft, listOf(Audience.Line(desk.me())))
        assertEquals(Said.Observation(saw("Et andet barn slog")), staff.view(note).said)
        assertEquals(setOf(Kind.DRAFT, Kind.OBSERVATION), staff.ownRecords(10u).map { it.row.kind }.toSet())
        assertTrue(staff.search("Peter", 10u).isEmpty())
    }

    @Test
    fun whatTwoAgreeToEraseIsGoneFromBothPhones() {
        town.acquaint()
        val line = listOf(Audience.Line(desk.me()))
        val wrong = staff.writeObservation(child(), now(), saw("Et andet barn slog."), line)
        val kept = staff.writeObservation(child(), now(), saw("Havde madpakke med."), line)
        repeat(2) { staff.syncWell(); desk.syncWell() }
        staff.askErasure(listOf(wrong), "Skrevet på forkert barn")
        repeat(2) { staff.syncWell(); desk.syncWell() }
        val asked = desk.erasures().single()
        assertEquals(ErasingState.Asked(mayAgree = true), asked.state)
        assertEquals("Skrevet på forkert barn" to staff.me(), asked.reason to asked.by)
        assertEquals(wrong, (asked.what as ErasingWhat.Records).records.single().record)
        assertThrows(TvaersException.NotErased::class.java) { staff.agreeErasure(asked.asking) }
        desk.agreeErasure(asked.asking)
        repeat(2) { desk.syncWell(); staff.syncWell() }
        listOf(staff, desk).forEach {
            assertThrows(TvaersException.RecordErased::class.java) { it.view(wrong) }
            assertTrue(it.search("slog", 10u).isEmpty())
        }
        assertEquals(Said.Observation(saw("Havde madpakke med.")), desk.view(kept).said)
        val done = staff.erasures().single().state as ErasingState.Done
        assertEquals(desk.me() to listOf(true, true), done.by to done.devices.map { it.done })
    }

    @Test
    fun whatWasSavedIsThereAfterTheNight() {
        town.enrolAll()
        val note = staff.writeObservation(child(), now(), saw("Sov til middag."), listOf(Audience.Line(desk.me())))
        town.staff.reopen()
        assertTrue(staff.isEnrolled())
        assertEquals(listOf(note), staff.ownRecords(10u).map { it.row.record })
        assertEquals(listOf("Åse Ærø" to "pædagog", "Bo Dam" to "socialrådgiver"), staff.directory().people.map { it.name to it.profession })
    }
}
