package dk.tvaers.app

import dk.tvaers.core.Audience
import dk.tvaers.core.TvaersException
import kotlinx.coroutines.flow.filter
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

/** The adapter that screens stand on. */
class CoreTest {
    @Test
    fun contactLastsAsLongAsItIsCollected() {
        Town().use { town ->
            town.acquaint()
            val (staff, desk) = Core(town.staff.phone) to Core(town.desk.phone)
            runBlocking {
                withTimeout(60_000) {
                    val about = child()
                    val note = staff.call { writeObservation(about, now(), saw("Sang hele vejen."), listOf(Audience.Line(town.desk.phone.me()))) }
                    // Sent only when the desk listens, so that it is the contact that brings it.
                    val sendOnceOpen: (Heard) -> Unit = { if (it == Heard.Connected(true)) town.staff.phone.syncWell() }
                    desk.contact().onEach(sendOnceOpen).filter { it is Heard.Changed && note in it.what.opened }.first()
                    assertEquals("Sang hele vejen.", desk.call { inbox(1u) }.single().headline)
                }
            }
            // Nobody collects any more, so a single contact is possible again.
            town.desk.phone.syncWell()
        }
    }

    @Test
    fun whatACallThrowsArrives() {
        Town().use { town ->
            assertThrows(TvaersException.NotEnrolled::class.java) {
                runBlocking { Core(town.staff.phone).call { inbox(1u) } }
            }
        }
    }
}
