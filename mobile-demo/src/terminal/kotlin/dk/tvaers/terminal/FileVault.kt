package dk.tvaers.terminal

import dk.tvaers.core.KeyVault
import dk.tvaers.core.VaultException
import java.io.File
import java.io.IOException
import java.nio.file.FileAlreadyExistsException
import java.nio.file.Files
import java.nio.file.StandardOpenOption
import java.nio.file.attribute.PosixFilePermissions
import java.security.SecureRandom

/**
 * The key of the store, in a file beside it: whoever has the directory has both. A phone keeps it in its key store; this is for trying
 * out, and says so at every start.
 */
class FileVault(private val dir: File) : KeyVault {
    private val file = File(dir, NAME).toPath()

    override fun storeKey(): ByteArray = try {
        dir.mkdirs()
        if (!Files.exists(file)) make()
        Files.readAllBytes(file)
    } catch (_: IOException) {
        throw VaultException.NoKey()
    }

    override fun forgetKey() {
        Files.deleteIfExists(file)
    }

    private fun make() {
        val owner = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        val key = ByteArray(32).also { SecureRandom().nextBytes(it) }
        try {
            Files.createFile(file, owner)
            Files.write(file, key, StandardOpenOption.SYNC)
        } catch (_: FileAlreadyExistsException) {
            // Another one was faster: its key counts.
        } finally {
            key.fill(0)
        }
    }

    companion object {
        /** What the file is called. */
        const val NAME = "vault.key"
    }
}
