package dk.tvaers.app

import dk.tvaers.core.ChangeListener
import dk.tvaers.core.Phone
import dk.tvaers.core.Processed
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.withContext

/** What a contact with the relay tells. */
sealed interface Heard {
    /** Records have come, or states have changed: draw again. */
    data class Changed(val what: Processed) : Heard

    /** The relay answers, or does not any more. */
    data class Connected(val open: Boolean) : Heard

    /** The municipality refuses this phone. What is on it can be read; nothing more is sent or comes. */
    data object Refused : Heard
}

/**
 * The core as screens use it, on the JVM and on Android: calls leave the thread that draws, and changes arrive as a flow.
 * Holds nothing of its own.
 */
class Core(private val phone: Phone, private val io: CoroutineDispatcher = Dispatchers.IO) {
    /** Any call; what it throws is thrown here. */
    suspend fun <T> call(work: Phone.() -> T): T = withContext(io) { phone.work() }

    /** In contact with the relay for as long as somebody collects this. One collector at a time. */
    fun contact(): Flow<Heard> = callbackFlow {
        phone.startContact(object : ChangeListener {
            override fun changed(what: Processed) {
                trySend(Heard.Changed(what))
            }

            override fun connected(open: Boolean) {
                trySend(Heard.Connected(open))
            }

            override fun refused() {
                trySend(Heard.Refused)
            }
        })
        awaitClose { phone.stopContact() }
    }.buffer(Channel.UNLIMITED).flowOn(io)
}
