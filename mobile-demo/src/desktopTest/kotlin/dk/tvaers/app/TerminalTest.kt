package dk.tvaers.app

import dk.tvaers.core.Answer
import dk.tvaers.core.Delivery
import dk.tvaers.core.Phone
import dk.tvaers.core.ReplyText
import dk.tvaers.core.Said
import dk.tvaers.core.TvaersException
import dk.tvaers.core.VaultException
import dk.tvaers.terminal.FileVault
import dk.tvaers.terminal.Session
import dk.tvaers.terminal.Words
import org.junit.After
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import java.io.File
import java.nio.file.Files
import java.nio.file.attribute.PosixFilePermissions

/** The phone in a terminal: what is typed goes to the core as it was typed, and what it says is what the core knows. */
class TerminalTest {
    private val town = Town()
    private val desk get() = town.desk.phone

    @After
    fun close() = town.close()

    /** Types these lines, and answers everything that was said. */
    private fun Phone.types(vararg lines: String): String {
        val (left, said) = ArrayDeque(lines.toList()) to StringBuilder()
        Session(this, Words(), left::removeFirstOrNull, { said.appendLine(it) }, pause = {}).run()
        assertEquals("everything that was typed was asked for", emptyList<String>(), left.toList())
        return said.toString()
    }

    @Test
    fun aNoteThatIsTypedReachesTheCaseworkerAndTheAnswerIsReadHere() {
        town.acquaint()
        val staff = town.staff.phone
        val note = arrayOf("n", "Prøve", "Ødegård", "2021-03-01", "Sad under <b>bordet</b>.", "", "1", "")
        val written = staff.types(*note, "l", "q")
        assertTrue(written, written.contains("Sad under <b>bordet</b>. · Sendt – ikke hentet endnu af Bo Dam"))
        assertTrue(written, written.contains("Gemt. Hjemmel: Tidligt forebyggende samarbejde (SSD)"))
        desk.syncWell()
        val row = desk.inbox(10u).single()
        assertEquals(Said.Observation(saw("Sad under <b>bordet</b>.")), desk.view(row.record).said)
        assertEquals(desk.me(), staff.coordinator(row.child!!))
        desk.markRead(row.record)
        desk.reply(row.record, ReplyText(Answer.TALKING_WITH_FAMILY, null, "Tak."))
        desk.syncWell()
        // The child and its coordinator are known by now.
        val concern = arrayOf("b", "1", "2", "Tredje gang.", "3", "n", "Mor svarer ikke.")
        val said = staff.types("k", "s", "1", *concern, "l", "q")
        assertTrue(said, said.contains("Gemt. Hjemmel: Samtykke"))
        assertTrue(said, said.contains("Vi taler med familien\nTak.") && said.contains("Besvaret") && said.contains("Bekymring · Tredje gang."))
        desk.syncWell()
        assertTrue(desk.inbox(10u).any { it.headline == "Tredje gang." })
    }

    @Test
    fun whatCouldNotBeSentIsKeptAndSaidToBeHere() {
        town.acquaint()
        town.stopRelay()
        val said = town.staff.phone.types("n", "Prøve", "Ødegård", "2021-03-01", "Kom uden jakke.", "»Jeg fryser«", "", "l")
        assertTrue(said, said.contains("Kommunens server svarer ikke. Intet er tabt"))
        assertTrue(said, said.contains("Kom uden jakke. · Kun på din telefon – sendes, når der er net"))
        town.startRelay()
        assertTrue(town.staff.phone.types("l").contains("Gemt – kun du kan læse den"))
        assertEquals(Delivery.SafeForSelf, town.staff.phone.ownRecords(1u).single().delivery)
    }

    @Test
    fun aNoteForAColleagueWithoutADeviceSaysForWhomItWaits() {
        town.enrolAll().startRelay()
        val staff = town.staff.phone
        repeat(2) { staff.syncWell() }
        val said = staff.types("n", "Prøve", "Ødegård", "2021-03-01", "Kom uden jakke.", "", "1", "", "l", "q")
        assertTrue(said, said.contains("Kom uden jakke. · Gemt – sendes, når Bo Dam har fået Tværs"))
        repeat(2) {
            desk.syncWell()
            staff.syncWell()
        }
        assertEquals("Kom uden jakke.", desk.inbox(10u).single().headline)
        assertTrue(staff.types("l", "q").contains("Fremme hos Bo Dam"))
    }

    @Test
    fun whatIsMistypedIsAskedForAgainAndNothingElseIsLost() {
        town.acquaint()
        val staff = town.staff.phone
        val said = staff.types("?", "n", "Prøve", "Ødegård", "i går", "31.2.2021", "1.3.2021", "Kom uden jakke.", "", "7", "Bo", "", "s", "a", "b", "", "Bo", "Bosen", "2020-01-01", "", "b", "1", "1", "3", "1", "Tredje gang.", "0", "1", "måske", "ja", "q")
        assertEquals(said, 2, said.split("Det er ikke en dato.").size - 1)
        assertEquals(said, 2, said.split("Skriv et tal fra 1 til 1, eller tryk Enter.").size - 1)
        assertTrue(said, said.contains("Skriv et tal fra 1 til 2,") && said.contains("Skriv et tal fra 1 til 4,") && said.contains("Svar j eller n."))
        assertTrue(said, said.contains("En bekymring skal have en modtager."))
        assertEquals(setOf("Kom uden jakke.", "Tredje gang."), staff.ownRecords(10u).map { it.row.headline }.toSet())
        assertEquals("2021-03-01", staff.children().mapNotNull { it.about }.single().birthDate)
        // A phone that is nobody's yet asks for an invite first, takes nothing else for one, and asks again.
        val asked = Town().use { it.staff.phone.types("TVAERS:INV:00", "hej") }
        assertEquals(asked, 2, asked.split("Det er ikke en invitation, eller den er ikke læst helt.").size - 1)
    }

    @Test
    fun whatMayNotGoToAColleagueIsKept() = Town("it").use { town ->
        town.acquaint()
        val staff = town.staff.phone
        val said = staff.types("n", "Prøve", "Ødegård", "2021-03-01", "Kom uden jakke.", "", "1", "", "b", "1", "1", "", "q")
        assertEquals(said, 2, said.split("Kommunens regler tillader ikke, at det sendes til den modtager.").size - 1)
        assertEquals(Delivery.SafeForSelf, staff.ownRecords(10u).single().delivery)
        assertEquals(null, staff.coordinator(staff.children().mapNotNull { it.about }.single().id))
    }

    @Test
    fun anErasedPhoneSaysSoOnceAndEnds() {
        town.acquaint()
        town.states(town.erasures[0])
        val said = town.staff.phone.types()
        assertEquals(said, 1, said.split("Denne telefon er slettet af kommunen").size - 1)
    }

    @Test
    fun theKeyIsMadeOnceForItsOwnerAloneAndIsGoneWhenForgotten() {
        val dir = File(town.root, "vault")
        val key = FileVault(dir).storeKey()
        assertEquals(32, key.size)
        assertArrayEquals(key, FileVault(dir).storeKey())
        val file = File(dir, FileVault.NAME).toPath()
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        FileVault(dir).forgetKey()
        assertFalse(Files.exists(file))
        FileVault(dir).forgetKey()
        assertFalse(key.contentEquals(FileVault(dir).storeKey()))
        val inTheWay = File(town.root, "file").apply { writeText("no directory") }
        assertThrows(VaultException.NoKey::class.java) { FileVault(inTheWay).storeKey() }
    }
}
