package dk.tvaers.app

import dk.tvaers.core.ErasedPhone
import dk.tvaers.core.KeyVault
import dk.tvaers.core.Phone
import dk.tvaers.core.TvaersException
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** A phone that the municipality has had erased says so, once and for all, and in plain words. */
class ErasedTest {
    private val town = Town()

    @After
    fun close() = town.close()

    private class Vault(val key: ByteArray) : KeyVault {
        var forgotten = 0
        override fun storeKey() = key
        override fun forgetKey() {
            forgotten++
        }
    }

    private fun erased(call: () -> Unit) = assertThrows(TvaersException.Erased::class.java) { call() }

    @Test
    fun anErasedPhoneForgetsItsKeyTellsTheMunicipalityAndBeginsAgain() {
        town.acquaint()
        val dir = town.staff.dir
        town.staff.phone.lock()
        val vault = Vault(town.staff.key)
        val phone = Phone.unlock(dir, vault)
        phone.writeObservation(child(), now(), saw("Nåede ikke af sted."), emptyList())
        assertNull(phone.erased())
        town.states(town.erasures[0])
        erased { phone.syncOnce() }
        erased { phone.inbox(10u) }
        val said = phone.erased()!!
        assertEquals(1uL, said.unsent)
        assertNotNull(said.told)
        assertEquals(1, vault.forgotten)
        assertEquals(listOf("store.erased", "store.lock"), File(dir).list()!!.sorted())
        // After the night, with the vault empty.
        phone.lock()
        val again = Phone.unlock(dir, vault)
        assertEquals(said, again.erased())
        erased { again.deviceKeys() }
        assertNull(again.syncOnce().failed)
        again.beginAgain()
        Phone.open(dir, newKey()).use {
            assertFalse(it.isEnrolled())
            it.lock()
        }
    }

    @Test
    fun aContactThatLastsEndsWhenThePhoneIsErased() {
        town.acquaint()
        val redraw = CountDownLatch(1)
        val phone = town.staff.phone
        phone.startContact(object : dk.tvaers.core.ChangeListener {
            override fun changed(what: dk.tvaers.core.Processed) {
                if (runCatching { phone.inbox(1u) }.exceptionOrNull() is TvaersException.Erased) redraw.countDown()
            }

            override fun connected(open: Boolean) = Unit

            override fun refused() = Unit
        })
        town.states(town.erasures[0])
        assertTrue("the listener is told", redraw.await(60, TimeUnit.SECONDS))
        assertNotNull(phone.erased())
    }

    @Test
    fun whatItSaysIsPlain() {
        val words = Farewell()
        val noon = 1_795_863_600_000
        assertEquals(
            "Denne telefon er slettet af kommunen den 28. november 2026 kl. 12.00. Intet af det, Tværs havde på den, kan læses længere. " +
                "2 noter var ikke sendt og er tabt. Kommunen ved det ikke endnu: Åbn appen, når der er net. Ring til it.",
            words.erased(ErasedPhone(noon, 2uL, null)),
        )
        assertEquals(
            "This phone was erased by the municipality on 28 November 2026, 12:00. Nothing that Tværs had on it can be read any more. Call IT.",
            Farewell(english = true).erased(ErasedPhone(noon, 0uL, noon)),
        )
        assertTrue(words.erased(ErasedPhone(noon, null, noon)).contains("Der kan være gået noter tabt"))
        assertTrue(words.refused().contains("kan stadig læses") && words.refused().endsWith("Ring til it."))
    }
}
