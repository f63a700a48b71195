package dk.tvaers.terminal

import dk.tvaers.core.Phone
import dk.tvaers.core.TvaersException
import java.io.File
import java.io.PrintStream
import kotlin.system.exitProcess

/** `phone DIR [--language da|en]`: a phone without screens, to see one enrolled before there is an app. */
fun main(arguments: Array<String>) {
    // Danish letters, whatever the system's own encoding is.
    val out = PrintStream(System.out, true, Charsets.UTF_8)
    val (options, places) = arguments.partition { it.startsWith("--") }
    val system = listOf("LC_ALL", "LC_MESSAGES", "LANG").firstNotNullOfOrNull { name -> System.getenv(name)?.ifEmpty { null } }
    val english = "--language=en" in options || options.isEmpty() && system.orEmpty().startsWith("en")
    val words = Words(english)
    if (places.size != 1 || options.any { it !in setOf("--language=da", "--language=en") }) {
        System.err.println("phone DIR [--language=da|--language=en]")
        exitProcess(2)
    }
    val dir = File(places.single())
    out.println(words.warning(File(dir, FileVault.NAME).path))
    val lines = System.`in`.bufferedReader(Charsets.UTF_8)
    try {
        val phone = Phone.unlock(File(dir, "store").path, FileVault(dir))
        try {
            Session(phone, words, lines::readLine, out::println).run()
        } finally {
            phone.lock()
            phone.close()
        }
    } catch (refused: TvaersException) {
        System.err.println(words.refusal(refused))
        exitProcess(1)
    }
}
