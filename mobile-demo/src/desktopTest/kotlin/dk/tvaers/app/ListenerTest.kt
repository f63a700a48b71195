package dk.tvaers.app

import dk.tvaers.core.Audience
import dk.tvaers.core.ChangeListener
import dk.tvaers.core.Delivery
import dk.tvaers.core.Processed
import dk.tvaers.core.TvaersException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

/** The live contact tells what changes, holds no lock while it does, and survives what a listener does. */
class ListenerTest {
    private val town = Town()
    private val staff get() = town.staff.phone
    private val desk get() = town.desk.phone

    @After
    fun close() = town.close()

    /** Hands what happens to the test, after doing what the test asks for. */
    private class Heard(private val then: (Any) -> Unit = {}) : ChangeListener {
        private val events = LinkedBlockingQueue<Any>()

        override fun changed(what: Processed) = event(what)

        override fun connected(open: Boolean) = event(open)

        override fun refused() = event(REFUSED)

        private fun event(event: Any) {
            try {
                then(event)
            } finally {
                events.put(event)
            }
        }

        /** Waits for events until one is as wanted. */
        fun until(wanted: (Any) -> Boolean) {
            while (true) if (wanted(events.poll(PATIENCE, TimeUnit.SECONDS) ?: error("nothing more was heard"))) return
        }
    }

    @Test
    fun aSavedNoteLeavesAtOnceAndItsStatesAreTold() {
        town.acquaint()
        val (onStaff, onDesk) = Heard() to Heard()
        staff.startContact(onStaff)
        desk.startContact(onDesk)
        onStaff.until { it == true }
        onDesk.until { it == true }
        assertThrows(TvaersException.InContact::class.java) { staff.syncOnce() }
        val note = staff.writeObservation(child(), now(), saw("Vinkede farvel."), listOf(Audience.Line(desk.me())))
        onDesk.until { it is Processed && note in it.opened }
        onStaff.until { staff.stateOf(note) == Delivery.Received }
        desk.markRead(note)
        // Told with the next contact.
        desk.stopContact()
        desk.syncWell()
        onStaff.until { staff.stateOf(note) == Delivery.Read }
        town.stopRelay()
        onStaff.until { it == false }
        staff.stopContact()
        staff.stopContact()
    }

    @Test
    fun aPhoneThatTheMunicipalityRefusesIsToldAndCanStillBeRead() {
        town.acquaint()
        val note = staff.writeObservation(child(), now(), saw("Vinkede farvel."), emptyList())
        val heard = Heard()
        staff.startContact(heard)
        heard.until { it == true }
        // Revoked, and not asked to erase itself.
        town.states(town.erasures[0].take(1))
        heard.until { it == REFUSED }
        staff.stopContact()
        // What is here can be read, and what is written stays.
        staff.view(note)
        val kept = staff.writeObservation(child(), now(), saw("Spiste godt."), emptyList())
        assertEquals(Delivery.OnThisDevice(null), staff.stateOf(kept))
    }

    @Test
    fun aListenerMayCallAnythingWhileOthersCallToo() {
        town.acquaint()
        val inside = CountDownLatch(1)
        val written = CountDownLatch(1)
        val heard = Heard { event ->
            if (event == true) {
                inside.countDown()
                // The other thread writes while this one is still inside the call.
                assertTrue(written.await(PATIENCE, TimeUnit.SECONDS))
                staff.writeObservation(child(), now(), saw("Fra lytteren."), emptyList())
                staff.ownRecords(10u)
                staff.stopContact()
            }
        }
        staff.startContact(heard)
        assertTrue(inside.await(PATIENCE, TimeUnit.SECONDS))
        staff.writeObservation(child(), now(), saw("Imens."), emptyList())
        written.countDown()
        heard.until { it == true }
        assertEquals(setOf("Fra lytteren.", "Imens."), staff.ownRecords(10u).map { it.row.headline }.toSet())
        // The contact was ended from inside itself; another can begin, and lock from inside too.
        val locking = Heard { if (it == true) staff.lock() }
        staff.startContact(locking)
        locking.until { it == true }
        assertThrows(TvaersException.Locked::class.java) { staff.inbox(1u) }
    }

    @Test
    fun aListenerThatThrowsEndsNothing() {
        town.acquaint()
        val heard = Heard { error("the screen has a bug") }
        desk.startContact(heard)
        heard.until { it == true }
        val note = staff.writeObservation(child(), now(), saw("Kom igennem."), listOf(Audience.Line(desk.me())))
        staff.syncWell()
        heard.until { it is Processed && note in it.opened }
        desk.stopContact()
    }

    private companion object {
        /** Seconds after which a test gives up; nothing is measured by it. */
        const val PATIENCE = 60L
        const val REFUSED = "refused"
    }
}
