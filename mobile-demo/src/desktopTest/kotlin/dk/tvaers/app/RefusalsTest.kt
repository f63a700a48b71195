package dk.tvaers.app

import dk.tvaers.core.Audience
import dk.tvaers.core.BodyMarkText
import dk.tvaers.core.ChildFacts
import dk.tvaers.core.KeyVault
import dk.tvaers.core.ObservationText
import dk.tvaers.core.Phone
import dk.tvaers.core.ReplyText
import dk.tvaers.core.TvaersException
import dk.tvaers.core.VaultException
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File

/** What is refused is refused by what the person can do about it, and nothing is lost or half saved. */
class RefusalsTest {
    private val town = Town()
    private val staff get() = town.staff.phone

    @After
    fun close() = town.close()

    private inline fun <reified E : Throwable> refused(noinline call: () -> Unit): E = assertThrows(E::class.java) { call() }

    private fun vault(key: () -> ByteArray) = object : KeyVault {
        override fun storeKey() = key()
        override fun forgetKey() = error("nothing was erased")
    }

    @Test
    fun aWrongKeyOpensNothingAndHarmsNothing() {
        town.enrolAll()
        staff.writeObservation(child(), now(), saw("Er her."), emptyList())
        staff.lock()
        refused<TvaersException.WrongKey> { Phone.open(town.staff.dir, newKey()) }
        refused<TvaersException.WrongKey> { Phone.open(town.staff.dir, town.staff.key.copyOf(31)) }
        refused<TvaersException.WrongKey> { Phone.unlock(town.staff.dir, vault { ByteArray(0) }) }
        Phone.unlock(town.staff.dir, vault { town.staff.key }).use { again ->
            assertEquals("Er her.", again.ownRecords(1u).single().row.headline)
            again.lock()
        }
    }

    @Test
    fun aVaultThatIsShutOrBrokenIsNamed() {
        refused<TvaersException.VaultClosed> { Phone.unlock(town.root.path + "/x", vault { throw VaultException.NoKey() }) }
        refused<TvaersException.VaultClosed> { Phone.unlock(town.root.path + "/x", vault { error("the vault has a bug") }) }
        assertFalse(File(town.root, "x").exists())
    }

    @Test
    fun aStoreIsOpenOnlyOnce() {
        refused<TvaersException.InUse> { Phone.open(town.staff.dir, town.staff.key) }
    }

    @Test
    fun otherFilesAreNotTakenForAStore() {
        val dir = File(town.root, "other").apply { mkdir() }
        File(dir, "store.head").writeText("a shopping list that is long enough to be anything but a head")
        refused<TvaersException.NotAStore> { Phone.open(dir.path, newKey()) }
        File(dir, "store.head").delete()
        File(dir, "store.db").writeText("no database")
        refused<TvaersException.Damaged> { Phone.open(dir.path, newKey()) }
        assertEquals("no database", File(dir, "store.db").readText())
    }

    @Test
    fun anEnrolmentThatIsNotOneLeavesTheDeviceAsItWas() {
        val good = town.enrolments[0]
        val turned = good.copyOf().also { it[it.size / 2] = (it[it.size / 2] + 1).toByte() }
        for (bad in listOf(ByteArray(0), "no enrolment".toByteArray(), good + 0, good.copyOf(good.size - 1), turned, town.enrolments[1])) {
            refused<TvaersException.EnrolmentRefused> { staff.enrol(bad) }
            assertFalse(staff.isEnrolled())
        }
        refused<TvaersException.NotEnrolled> { staff.writeObservation(child(), now(), saw("?"), emptyList()) }
        refused<TvaersException.NotEnrolled> { staff.syncOnce() }
        staff.enrol(good)
        assertTrue(staff.isEnrolled())
        refused<TvaersException.AlreadyEnrolled> { staff.enrol(good) }
        refused<TvaersException.AlreadyEnrolled> { staff.deviceKeys() }
        assertTrue(staff.ownRecords(10u).isEmpty())
    }

    @Test
    fun aFieldThatIsWrongIsNamed() {
        town.enrolAll()
        val long = "å".repeat(128 * 1024 + 1)
        val about = child()
        fun field(expected: String, code: String, about: ChildFacts = child(), text: ObservationText) {
            val error = refused<TvaersException.CorrectField> { staff.writeObservation(about, now(), text, emptyList()) }
            assertEquals(expected to code, error.`field` to error.code)
            assertFalse(error.message.contains("å"))
        }
        field("seen_heard", "too-long", text = saw(long))
        field("childs_words", "too-long", text = ObservationText("a", childsWords = long))
        field("interpretation", "too-long", text = ObservationText("a", interpretation = long))
        field("immediate_action", "too-long", text = ObservationText("a", immediateAction = long))
        field("setting", "too-long", text = ObservationText("a", setting = "å".repeat(513)))
        field("domains", "too-many", text = ObservationText("a", domains = List(257) { "tema" }))
        field("body_marks", "too-long", text = ObservationText("a", bodyMarks = listOf(BodyMarkText("arm", long))))
        field("seen_heard", "missing", text = saw(" \n"))
        field("birth_date", "not-a-date", about.copy(birthDate = "2021-02-29"), saw("a"))
        field("given_name", "too-long", about.copy(givenName = "å".repeat(513)), saw("a"))
        field("id", "malformed", about.copy(id = "å".repeat(16)), saw("a"))
        refused<TvaersException.CorrectField> { staff.writeObservation(about, now().copy(at = Long.MIN_VALUE), saw("a"), emptyList()) }
        refused<TvaersException.CorrectField> { staff.writeObservation(about, now(), saw("a"), listOf(Audience.Line("Bo"))) }
        assertTrue(staff.ownRecords(10u).isEmpty())
        staff.writeObservation(about, now(), saw("å".repeat(128 * 1024)), emptyList())
    }

    @Test
    fun aRecordThatIsNotHereIsUnknown() {
        town.enrolAll()
        val unknown = "00".repeat(32)
        refused<TvaersException.UnknownRecord> { staff.view(unknown) }
        refused<TvaersException.UnknownRecord> { staff.markRead(unknown) }
        refused<TvaersException.UnknownRecord> { staff.reply(unknown, ReplyText(null, text = "Tak")) }
        refused<TvaersException.UnknownRecord> { staff.submitDraft(unknown, emptyList()) }
        val note = staff.writeObservation(child(), now(), saw("Ingen kladde"), emptyList())
        assertEquals("draft", refused<TvaersException.CorrectField> { staff.submitDraft(note, emptyList()) }.`field`)
        assertEquals("text", refused<TvaersException.CorrectField> { staff.reply(note, ReplyText(null)) }.`field`)
    }

    @Test
    fun aLockedPhoneSaysSo() {
        town.enrolAll()
        staff.lock()
        staff.lock()
        refused<TvaersException.Locked> { staff.inbox(10u) }
        refused<TvaersException.Locked> { staff.writeObservation(child(), now(), saw("?"), emptyList()) }
        refused<TvaersException.Locked> { staff.syncOnce() }
    }

    @Test
    fun noSessionTravelsUnencrypted() {
        val device = TestDevice(town.root, "third")
        device.phone.enrol(Town.askAuthority("http://relay.example", listOf(device)).second.single())
        refused<TvaersException.EnrolmentRefused> { device.phone.syncOnce() }
        device.phone.lock()
    }
}
