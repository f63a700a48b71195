# What is said at every terminal: passphrases, and what is typed.
input-ended = There was nothing more to read; nothing has changed.
input-unreadable = What was typed cannot be read as text.
ask-new-passphrase = New passphrase:
ask-passphrase = Passphrase:
ask-passphrase-again = The new passphrase once more:
passphrase-wrong = The passphrase is wrong.
passphrases-differ = The two passphrases differ.
passphrase-short = The passphrase must have at least { $n } characters: five or more words that nobody can guess.
passphrase-monotonous = The passphrase must have at least { $n } different characters.
passphrase-characters = The passphrase has a control character or a loose accent; write letters such as å as one character.
passphrase-no-terminal = There is no terminal to type the passphrase at; use --passphrase-file.
passphrase-file-unreadable = The file { $file } with the passphrase cannot be read.
passphrase-file-open = The file { $file } with the passphrase can be read by others; give access to yourself only (chmod 600).
file-io = The system refuses: { $why }
