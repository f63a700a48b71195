# What the desk says in the terminal. To whoever sits at it; IT has words of its own in authority.en.ftl.
passphrase-advice = Choose a passphrase for this desk of at least { $length } characters: five or more words that nobody can guess. Only you know it. If it is forgotten, what lies here alone cannot be read any more.

file-gone = The desk's key file is gone.
file-exists = There is a key file here already; it is never overwritten.
file-busy = The desk is open already, or another command is at work on it.
file-other = The key file is some other file.
file-newer = The key file was written by a newer version of Tværs: update the program.
file-damaged = The key file is damaged; without it what lies here cannot be read. Call IT.
file-full = The key file is too large.
stretch-weak = The passphrase would be too cheap to guess: it is stretched less than this version allows.
stretch-huge = The key file asks for more memory or time than this version allows.
stretch-memory = There is not enough memory to open the desk.

desk-missing = There is no desk here: enrol it first with tvaers desk --store DIR enrol, or point at it with --store.
key-missing = The key file desk.key is missing in { $store }; without it what lies there cannot be read. Put it back, or call IT.
not-enrolled = The desk has not been let in yet: run enrol again with the same invite.
store-other-key = The key file does not belong to what lies in the directory; the two come from different places.
store-other = The files in the directory are not a desk.
store-newer = The desk was written by a newer version of Tværs: update the program. Nothing was touched.
store-read-only = The desk's directory cannot be written to.
store-full = The disk is full: nothing new can be saved until there is room. What was saved can be read.
store-in-use = The desk is open already.
store-erased = The desk was erased by the municipality. Call IT.
store-io = The disk does not answer as it should (code { $code }). Nothing that was saved is lost.
store-damaged = The desk's files are damaged: keep them, and call IT.

ask-invite = Paste the invite (TVAERS:INV:…) and press Enter:
invite-malformed = That is not an invite, or it was not read whole: paste the whole line from TVAERS:INV: on.
invite-version = The invite was made by another version of Tværs: update the program, or ask IT for a new one.
invite-expired = The invite has expired or was withdrawn: ask IT for a new one.
invite-used = The invite has been used by another device. If it was not your own, call IT at once; otherwise ask for a new one.
invite-seal = The answer was not sealed with this invite; somebody may have touched it on the way. Call IT.
invite-other-authority = The answer is not from the municipality that the invite is from: somebody pretends to be it. Call IT, and enrol nothing until it is explained.
enrolment-refused = The enrolment does not fit this desk: ask IT for a new invite.
enrol-compare = IT must see these digits beside your name: { $code }
enrol-waiting = Read them to IT over a path that you trust, and wait. Ctrl-C interrupts; run enrol again with the same invite to go on.
enrolled = The desk belongs to { $person } now.
enrolled-open = Open it with: tvaers desk --store { $store }
enrolled-already = The desk in { $store } is enrolled already: open it with tvaers desk --store { $store }.

server-unreachable = The municipality's server does not answer. Is there a network? Nothing is lost; try again.
server-refuses = The municipality's server refuses this desk. Call IT.
server-incompatible = The municipality's server does not understand this; it is another version, or not the one.

opened = The desk is open for { $person }; its digits are { $code }. It is in contact with the municipality for as long as this window is open.
link-advice = Open the link in the browser on this computer. It works once, for 60 seconds. Enter gives another; Ctrl-C closes the desk.
port-taken = Port { $port } on 127.0.0.1 cannot be used ({ $why }): choose another with --port.
device-refused = The municipality no longer exchanges anything with this desk. What is already here can still be read. Nothing new arrives, and what you write stays here. Call IT.
rotated = From now on the desk opens with the new passphrase. Copies of desk.key still open with the old one: delete them.

erased-told = { $n ->
    [0] This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. Everything had been sent. The municipality knows that it is erased. Call IT.
    [one] This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. 1 note had not been sent and is lost. The municipality knows that it is erased. Call IT.
   *[other] This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. { $n } notes had not been sent and are lost. The municipality knows that it is erased. Call IT.
 }
erased-told-uncounted = This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. Notes may have been lost that had not been sent. The municipality knows that it is erased. Call IT.
erased-untold = { $n ->
    [0] This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. Everything had been sent. The municipality does not know yet: run the command again when there is a network. Call IT.
    [one] This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. 1 note had not been sent and is lost. The municipality does not know yet: run the command again when there is a network. Call IT.
   *[other] This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. { $n } notes had not been sent and are lost. The municipality does not know yet: run the command again when there is a network. Call IT.
 }
erased-untold-uncounted = This desk was erased by the municipality on { $at }. Nothing that Tværs had here can be read any more. Notes may have been lost that had not been sent. The municipality does not know yet: run the command again when there is a network. Call IT.
