package dk.tvaers.app

import dk.tvaers.core.ChildFacts
import dk.tvaers.core.Contacted
import dk.tvaers.core.Delivery
import dk.tvaers.core.ObservationText
import dk.tvaers.core.Occurred
import dk.tvaers.core.Phone
import dk.tvaers.core.Precision
import dk.tvaers.core.RecordId
import dk.tvaers.core.newChildId
import dk.tvaers.core.systemNow
import java.io.File
import java.net.ServerSocket
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Files
import java.security.SecureRandom
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.addJsonArray
import kotlinx.serialization.json.addJsonObject
import kotlinx.serialization.json.add
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import kotlinx.serialization.json.put
import kotlinx.serialization.json.putJsonArray
import org.junit.Assert.assertEquals

/** Where the relay and the test authority are: an environment variable each, else beside the library. */
private fun program(variable: String, name: String): String =
    System.getenv(variable) ?: File(System.getProperty("rust.bin.dir"), name).path

/** A key such as a platform's vault makes. */
fun newKey() = ByteArray(32).also { SecureRandom().nextBytes(it) }

/** One device: a directory, a key, and the phone that is open on them. */
class TestDevice(root: File, name: String) {
    val dir: String = File(root, name).path
    val key = newKey()
    var phone = Phone.open(dir, key)
        private set

    /** Locks the phone and opens it again, as after a night. */
    fun reopen() {
        phone.lock()
        phone.close()
        phone = Phone.open(dir, key)
    }
}

/** A small municipality: a pedagogue and a social worker, a device each, and a relay that can be started and stopped. */
class Town(kind: String = "familieafdeling") : AutoCloseable {
    val root: File = Files.createTempDirectory("tvaers").toFile()
    val staff = TestDevice(root, "staff")
    val desk = TestDevice(root, "desk")
    val port: Int = ServerSocket(0).use { it.localPort }
    val enrolments: List<ByteArray>

    /** For each device: that it is revoked, and that it shall erase itself. */
    val erasures: List<List<ByteArray>>
    private val authority: String
    private var relay: Process? = null

    init {
        val answer = askAuthority("http://127.0.0.1:$port", listOf(staff, desk), kind)
        authority = answer.first
        enrolments = answer.second
        erasures = answer.third
    }

    fun enrolAll() = apply {
        staff.phone.enrol(enrolments[0])
        desk.phone.enrol(enrolments[1])
    }

    /** Everybody has met: circles are founded and known. */
    fun acquaint() = apply {
        enrolAll()
        startRelay()
        repeat(3) {
            staff.phone.syncWell()
            desk.phone.syncWell()
        }
    }

    fun startRelay() {
        check(relay == null)
        val command = listOf(
            program("TVAERS_RELAY_BIN", "tvaers-relay"),
            "--listen", "127.0.0.1:$port", "--data", File(root, "relay").path, "--authority", authority,
        )
        val process = ProcessBuilder(command).redirectError(File(root, "relay.log")).start()
        relay = process
        val line = process.inputStream.bufferedReader().readLine() ?: error("the relay did not start: ${File(root, "relay.log").readText()}")
        assertEquals("127.0.0.1:$port", Json.parseToJsonElement(line).jsonObject.getValue("listening").jsonPrimitive.content)
    }

    /** The authority tells the relay. */
    fun states(statements: List<ByteArray>) = statements.forEach { statement ->
        val request = HttpRequest.newBuilder(URI("http://127.0.0.1:$port/v1/statement"))
            .header("content-type", "application/cbor").POST(HttpRequest.BodyPublishers.ofByteArray(statement)).build()
        assertEquals(200, HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding()).statusCode())
    }

    fun stopRelay() {
        relay?.destroy()
        relay?.waitFor()
        relay = null
    }

    override fun close() {
        stopRelay()
        listOf(staff, desk).forEach {
            it.phone.lock()
            it.phone.close()
        }
        root.deleteRecursively()
    }

    companion object {
        /** The authority's public key, an enrolment for each device, and what would erase each. */
        fun askAuthority(relay: String, devices: List<TestDevice>, kind: String = "familieafdeling"): Triple<String, List<ByteArray>, List<List<ByteArray>>> {
            val facts = buildJsonObject {
                put("relay", relay)
                putJsonArray("teams") {
                    addJsonObject { put("name", "Solsikken"); put("kind", "dagtilbud") }
                    addJsonObject { put("name", "Familieafdelingen"); put("kind", kind); put("phone", "87654321") }
                }
                putJsonArray("people") {
                    devices.forEachIndexed { number, device ->
                        addJsonObject {
                            put("name", listOf("Åse Ærø", "Bo Dam")[number])
                            put("profession", listOf("pædagog", "socialrådgiver")[number])
                            put("team", number)
                            putJsonArray("devices") { add(device.phone.deviceKeys().toHexString()) }
                        }
                    }
                }
            }
            val process = ProcessBuilder(program("TVAERS_TEST_AUTHORITY_BIN", "tvaers-test-authority"))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start()
            process.outputStream.bufferedWriter().use { it.write(facts.toString()) }
            val answer = Json.parseToJsonElement(process.inputStream.bufferedReader().readText()).jsonObject
            check(process.waitFor() == 0)
            val people = answer.getValue("people").jsonArray.map { it.jsonObject }
            val enrolments = people.map { it.getValue("enrolments").jsonArray.single().jsonPrimitive.content.hexToByteArray() }
            val erasures = people.map { person ->
                person.getValue("erasures").jsonArray.single().jsonArray.map { it.jsonPrimitive.content.hexToByteArray() }
            }
            return Triple(answer.getValue("authority").jsonPrimitive.content, enrolments, erasures)
        }
    }
}

/** A contact that must succeed. */
fun Phone.syncWell(): Contacted = syncOnce().also { assertEquals(null, it.failed) }

fun Phone.stateOf(record: RecordId): Delivery = view(record).delivery

fun now() = Occurred(systemNow(), 60, Precision.MINUTE)

fun child() = ChildFacts(newChildId(), "Prøve", "Ødegård", "2021-03-01")

fun saw(words: String) = ObservationText(words)
