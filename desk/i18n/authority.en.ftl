# The commands of the IT department. The relay may be named here; keys, words and passphrases never.
ask-agreed = Shall it be done? [y/n]
ask-first-line = Line 1 (or the text of the QR code):
ask-line = Line { $line }:
dry-run = Nothing has changed. Repeat with --yes to do it.
nothing-done = Nothing has changed.
nothing-to-do = There is nothing to change.
done = Done.
publish-due = { $n ->
    [one] 1 statement has not been sent to the relay yet: run publish.
   *[other] { $n } statements have not been sent to the relay yet: run publish.
 }

operator-missing = It is not known who does this; give --operator NAME.

passphrase-advice = Choose at least { $length } characters: five or more words that nobody can guess. If the phrase is forgotten, the office is lost.

file-missing = There is no office in { $file }; make one with init, or point at it with --office.
file-full = The office has grown beyond what can be read again.
file-gone = The office's file is gone.
file-exists = There is an office in the file already; it is never overwritten.
file-busy = Another command is at work on the office; try again in a moment.
file-other = The file is not an office.
file-newer = The office was written by a newer version of Tværs.
file-damaged = The office's file is damaged; take the newest backup.
stretch-weak = The office's passphrase would be too cheap to guess: it is stretched less than this version allows.
stretch-huge = The office asks for more memory or time than this version allows.
stretch-memory = There is not enough memory to open the office.

journal-malformed = Entry { $number } of the journal cannot be read; do not trust this office until it is explained.
journal-signature = Entry { $number } of the journal is not signed by the authority; do not trust this office until it is explained.
journal-chain = Entry { $number } of the journal does not follow from the one before; do not trust this office until it is explained.

refused-text = A name or number is empty, too long, or has characters that do not show.
refused-name-twice = That name is there already.
refused-unknown-person = Nobody has that employee number.
refused-has-left = That person has left.
refused-is-suspended = That person is suspended.
refused-not-suspended = That person is not suspended.
refused-unknown-unit = There is no such unit.
refused-unit-closed = That unit is closed.
refused-unit-has-people = People still work in that unit; move them first.
refused-unit-full = A unit has more people than a unit can have (1,024); divide it.
refused-unknown-kind = There is no such kind of unit.
refused-unknown-profession = The profession is not on the list.
refused-profession-twice = The profession is on the list already.
refused-number-twice = An employee number is there twice.
refused-has-role = That person has the role already.
refused-has-not-role = That person has not that role.
refused-last-manager = That is the last manager (forvalter); name another one first.
refused-many-leave = { $n } people are missing from the file and would leave for good; if that is right, repeat with --leavers { $n }.
refused-key = The device's keys cannot be used.
refused-other-owner = That device is somebody else's.
refused-revoked = That device is revoked for good; it must enrol anew with new keys.
refused-not-revoked = That device is not revoked for good. Only what does not come back can be erased: run revoke-device --wipe.
refused-wipe-asked = That device has been asked to erase itself already; devices shows whether it has answered.
refused-no-wipe = That device is not asked to erase itself.
refused-is-erased = That device has given its receipt for being erased.
refused-unknown-device = There is no such device; give employee number/device number, as in 4711/2.
refused-no-invite = There is no such invite, or it has been answered.
refused-invite-over = The invite has expired.
refused-invite-used = The invite has been used by another device.
refused-invite-time = An invite lasts from one minute to thirty days.
refused-relay-address = The relay's address must begin with https:// (http:// only for 127.0.0.1 and localhost).
refused-still-here = That person works here and has a device that is not revoked; what they manage is handed over in the usual way.
refused-no-device = Whoever is to get access has no device that is not revoked: run invite and enrol first.
refused-not-restoring = The file was not made with the municipality's sheets.
refused-too-many = There are more units, people or devices than there is room for.
refused-step = The new key would not be believed by others; nothing has changed. Call the vendor.

unknown-kind = There is no such kind of unit; choose one of { $kinds }.
unknown-role = There is no such role; choose one of { $roles }.
no-units = There are no units yet: run unit add.
unit-row = { $name } · { $kind } · tel. { $phone } · { $n } at work
unit-row-closed = { $name } · { $kind } · closed
no-people = There are no people yet: run person import.
person-row = { $number } · { $name } · { $profession } · { $unit } · { $roles } · { $devices } devices
person-row-suspended = { $number } · { $name } · { $profession } · { $unit } · { $roles } · { $devices } devices · SUSPENDED
person-row-left = { $number } · { $name } · { $profession } · { $unit } · left
leaver-keeps = Who leaves can still read what lies on their own devices; nothing new can be read. The relay refuses the devices as soon as publish has run.
suspended-keeps = Who is suspended can still read what lies on their own devices; nothing new can be read, and nothing from there arrives, once publish has run. If they are let in again they read what was written meanwhile, too. That is why the devices cannot be erased from here; if they must be, run revoke-device --wipe: it cannot be undone.
lost-device-keeps = What lies on the device already can be read by whoever can unlock it – without network too, and as long as it is not erased. Nothing new can be fetched, and nothing from there arrives, once publish has run. Change the passwords of whatever else was on it.
leaver-wipes = { $n ->
    [0] The employee has no device that could be asked to erase itself.
    [one] 1 device is asked to erase itself.
   *[other] { $n } devices are asked to erase themselves.
}
wipe-advice = If what lies there is to be erased, run wipe.
wipe-reaches = The device erases Tværs and everything that Tværs has on it, the next time it reaches the relay after publish. Nothing else on the device is touched. Notes that were not sent from it are lost; the receipt says how many. If the device is in the employee's own hands, have it in contact BEFORE it is revoked: afterwards nothing is taken from it.
wipe-offline = A device that is kept without network hears neither of the revocation nor of the erasure: whoever can unlock it can read what lies there, for ever. Do not count on its being erased before devices shows the receipt. It is signed with the device's own key; a thief who has taken the key out can lie.
wipe-withdrawn-keeps = If the device has not been erased yet, it keeps what it has when it hears of this after publish. It is still revoked, for good. If it was erased already, devices shows it.
device-row = { $device } · { $person } · in use, certified { $since }
device-row-suspended = { $device } · { $person } · the person is suspended: reads what lies there, and nothing new
device-row-revoked = { $device } · { $person } · revoked for good { $revoked }
no-devices = No devices are out.
wipe-row-none = Erasure is not asked for: what lies there can be read by whoever can unlock the device.
wipe-row-waiting = Erasure asked for { $asked }. NOT CONFIRMED: what lies there can still be read by whoever can unlock the device.
wipe-row-withdrawn = Erasure asked for { $asked }, withdrawn { $withdrawn }. No receipt has come: what lies there can be read by whoever can unlock the device.
wipe-row-confirmed = { $n ->
    [0] Erasure asked for { $asked }. The device's receipt: erased { $at } by its own clock, received by the relay { $received }. Everything had been sent.
    [one] Erasure asked for { $asked }. The device's receipt: erased { $at } by its own clock, received by the relay { $received }. 1 NOTE HAD NOT BEEN SENT and is lost: tell the employee.
   *[other] Erasure asked for { $asked }. The device's receipt: erased { $at } by its own clock, received by the relay { $received }. { $n } NOTES HAD NOT BEEN SENT and are lost: tell the employee.
 }
wipe-row-confirmed-uncounted = Erasure asked for { $asked }. The device's receipt: erased { $at } by its own clock, received by the relay { $received }. It could not count what had not been sent: ask the employee.
receipts-unreachable = The relay does not answer; this is what the office knew before.
receipts-false = { $n ->
    [one] The relay showed 1 receipt that the device has not signed; it does not count. Somebody has been at the relay.
   *[other] The relay showed { $n } receipts that the devices have not signed; they do not count. Somebody has been at the relay.
 }

list-unreadable = The file { $file } cannot be read.
list-empty = The file has no lines below its headings.
list-large = The file is too large to be a list.
list-broken = The file is not CSV.
list-not-utf8 = Line { $line }, character { $place }: the file is not UTF-8; save it as "CSV UTF-8".
list-not-utf8-at-all = The file is not a text file in UTF-8; save it as "CSV UTF-8".
list-cpr = The file has a column of CPR numbers; take it out, it does not belong here.
list-heading-missing = Line 1: the column "{ $column }" is missing.
list-heading-twice = Line 1: the column "{ $column }" is there twice.
list-fields = Line { $line }: { $found } fields, there must be { $expected }.
list-field-empty = Line { $line }, { $column }: the field is empty.
list-field-text = Line { $line }, { $column }: the field is too long or has characters that do not show; perhaps a quotation mark is missing.
list-duplicate = Line { $line }, { $column }: the number is on line { $earlier }, too.
list-unknown-profession = Line { $line }, { $column }: "{ $value }" is not on the list; correct it, or add it with profession add.
list-unknown-unit = Line { $line }, { $column }: "{ $value }" does not exist; correct it, or add it with unit add.
list-closed-unit = Line { $line }, { $column }: "{ $value }" is closed.
list-unknown-role = Line { $line }, { $column }: "{ $value }" is not a role; choose from { $roles }, or leave the field empty.
list-refused = { $n ->
    [one] 1 fault in { $file }; nothing has changed.
   *[other] { $n } faults in { $file }; nothing has changed.
 }
list-diff = { $file }: { $joined } join, { $changed } get another name or profession, { $moved } move, { $left } leave.

compare-device = Compare with the device's screen: { $digits }
keys-malformed = Those are not the keys of a device.
keys-unreadable = The keys in { $file } cannot be read.
out-exists = The file { $file } is there already; choose another name.
out-failed = The device is certified, but { $file } cannot be written ({ $why }); run the command again.
enrolment-written = The enrolment is in { $file }. It is for this one device and contains the directory of staff; delete it when the device has read it.

invite-for = Invite for { $person }, good until { $until }:
invite-advice = Give each code to its person only: whoever scans it first uses it up. Then run enrol.
invite-refused = { $number }: { $why }
invite-over = The relay did not take the invite: by the relay's clock it has expired. Look at this computer's clock, and invite again.
invite-not-open = The invites are made, but the relay does not answer; they work when enrol has reached it.
invites-written = { $n ->
    [one] 1 invite is in { $file }. Delete the file when it is printed.
   *[other] { $n } invites are in { $file }. Delete the file when it is printed.
 }
invites-failed = The invites are made, but { $file } cannot be written ({ $why }); they are void: make new ones.
enrol-unseen = WITHOUT COMPARING CODES: whoever scans a code first is let in as the person on it. Do this only while the codes are given out by hand and everybody stands by; a device that the person does not have shows in person list.
enrol-asks = { $person } · { $device } · the device must show { $code }
enrol-declined = The device is not let in, and its invite is void. If the code was not the same, somebody else has had it: find out who, and make a new invite.
enrol-none-open = No invite is open.
enrol-nobody = { $n ->
    [one] 1 invite is open; nothing has come.
   *[other] { $n } invites are open; nothing has come.
 }
enrol-unreachable = The relay does not answer, or it has no authority yet: run publish first.
enrolled = { $person } has a new device.
letter-unreadable = What lies in the mailbox of { $person } was not sealed with the invite; somebody with access to the relay has put it there. Make a new invite.

would-claim = The relay { $relay } gets the municipality's authority, by the one-time code.
would-publish = { $n } statements are sent to { $relay }.
would-bring-directory = The directory of staff is sealed for { $n } { $n ->
    [one] device
   *[other] devices
 } in use.
nothing-to-publish = The relay has everything.
published = { $n } statements are sent, and stored by the relay.
claim-refused = The code is wrong, or the relay has an authority already.
relay-unreachable = The relay does not answer, or it has no authority yet (then use --claim-code with the code it printed when it started); { $left } statements wait.
relay-other-authority = The relay refuses it: it belongs to another authority, or this computer's clock is wrong by more than half an hour. Look at the clock first.
relay-newer-directory = The relay has a newer directory of staff than this office: the office is an older copy, or the clock is behind. Set the clock right, or fetch the newest copy; { $left } statements wait.
relay-incompatible = The relay does not understand this; it may not be Tværs, or another version.

status-name = Municipality: { $name }
status-authority = Authority (the relay's --authority): { $authority }
status-fingerprint = { $n ->
    [one] The authority's fingerprint: { $fingerprint }
   *[other] The authority's fingerprint now: { $fingerprint } (the key was changed; the server's --authority stays as it is)
}
status-relay = Relay: { $relay }
status-units = Units: { $open } open, { $closed } closed
status-people = People: { $active } at work, { $suspended } suspended, { $left } left
status-devices = Devices: { $used } in use, { $revoked } revoked
status-wipes = { $n ->
    [one] 1 device was asked to erase itself and has not answered, as far as the office knows: run devices
   *[other] { $n } devices were asked to erase themselves and have not answered, as far as the office knows: run devices
 }
status-managers = { $n ->
    [0] Managers: none; name at least two with role grant
    [one] Managers: 1; name another
   *[other] Managers: { $n }
 }
status-recovery = Recovery sheets: split { $split }, fingerprint { $fingerprint }, made { $since }, held by { $holders }
status-drill = Drill of the sheets: last on { $last }; next by { $due }
status-drill-overdue = THE DRILL OF THE SHEETS IS OVERDUE: last on { $last }, was due by { $due }
status-drill-never = Drill of the sheets: none since they were made; first by { $due }
status-drill-never-overdue = THE DRILL OF THE SHEETS IS OVERDUE: never done, was due by { $due }
status-publish = { $n ->
    [0] The relay has everything
    [one] 1 statement has not been sent to the relay: run publish
   *[other] { $n } statements have not been sent to the relay: run publish
 }
status-directory-due = The directory of staff on the devices is not the newest: run publish
status-journal = { $n ->
    [one] Journal: 1 entry, { $seen } (note it elsewhere)
   *[other] Journal: { $n } entries, the newest { $seen } (note it elsewhere)
 }

seen-malformed = Give the noted entry as status shows it: 31:0123456789abcdef.
seen-gone = The journal has not the noted entry { $number }: the office is an old copy, or the journal was written anew.
audit-whole = { $n ->
    [one] 1 entry, signed.
   *[other] { $n } entries, each signed and in order.
 }
drill-begin = Two of the three holders each type their sheet. Nothing is opened, and none of it is kept.
drill-first = First sheet
drill-second = Second sheet
drill-good = The two sheets give the municipality's recovery key.
rotated = The office is sealed with the new passphrase. Old backups still open with the old one: destroy them.
rotate-plan = The authority's key ({ $fingerprint }) is changed for a new one. Two holders take part, each with their sheet. What the old key signs from now on is refused once the server and the devices have heard of it; what it signed before still counts.
rotate-waiting = { $n ->
    [one] The server still lacks { $n } statement signed with the old key. Run publish first, if that is possible.
   *[other] The server still lacks { $n } statements signed with the old key. Run publish first, if that is possible.
}
rotate-invites = { $n ->
    [one] 1 invite is open and will be withdrawn. Give out a new one afterwards.
   *[other] { $n } invites are open and will be withdrawn. Give out new ones afterwards.
}
invites-withdrawn = { $n ->
    [one] 1 open invite has been withdrawn: whoever has the old key could have answered it. Give out a new one once publish has run.
   *[other] { $n } open invites have been withdrawn: whoever has the old key could have answered them. Give out new ones once publish has run.
}
invites-not-closed = { $n ->
    [one] The relay could not be told of 1 of them: a phone that uses it waits in vain until it expires. Destroy the sheet.
   *[other] The relay could not be told of { $n } of them: phones that use them wait in vain until they expire. Destroy the sheets.
}
rotate-begin = Two of the three holders each type their sheet, and so vouch for the new key. Nothing is opened, and nothing of it is kept.
rotate-done = The authority's key has been changed. Each holder strikes out the fingerprint { $old } on their sheet and writes { $fingerprint }. Back up the office now: the new key is in no older copy.

recover-fetched = It is in { $file }. Take the file to a machine without network, where two holders open it with recover open. It holds the list of staff; delete it afterwards.
recover-unwritten = The relay has answered, but { $file } cannot be written: { $why }
recover-none-own = The relay has nothing to restore for that person: a device in their circle is not revoked (run revoke-device and publish), or there is no circle yet.
recover-none = The relay has no circles in which nobody can let others in since that person went.
recover-unreachable = The relay does not answer; nothing was fetched or sent. Try again in a while.
recover-unreadable = The file { $file } cannot be read.
recover-file-other = That is not a file that recover has written.
recover-file-changed = The file is not as the office wrote it; fetch it again. If it happens twice, do not trust whoever brought it.
recover-no-key = The authority has no recovery key in force.
recover-municipality = Municipality: { $name }. The authority's fingerprint: { $authority } – it must be the one on the sheets. If it is not, type nothing.
recover-when = Fetched on { $when }.
recover-own = { $person } gets back into their own circle, and so to everything that they could read.
recover-forsaken = { $n ->
    [one] { $person } gets 1 circle that nobody can let others into since { $left } went.
   *[other] { $person } gets { $n } circles that nobody can let others into since { $left } went.
 }
recover-device = Access is given to the one device whose screen shows { $code }. See it on the device yourselves.
recover-reason = Everybody in the circles will see: { $reason }
recover-skipped-left = { $n ->
    [one] 1 circle is not restored: somebody is left who can let others in, or who is to get their own circle back first.
   *[other] { $n } circles are not restored: somebody is left who can let others in, or who is to get their own circle back first.
 }
recover-skipped-unwrapped = { $n ->
    [one] 1 circle cannot be restored: its key was not wrapped for these sheets.
   *[other] { $n } circles cannot be restored: their keys were not wrapped for these sheets.
 }
recover-skipped-broken = { $n ->
    [one] 1 circle cannot be restored: what the relay gave is not what its members have signed.
   *[other] { $n } circles cannot be restored: what the relay gave is not what their members have signed.
 }
recover-skipped-charter = { $n ->
    [one] 1 unit's circle is not restored: whoever is to get access does not work in that unit.
   *[other] { $n } units' circles are not restored: whoever is to get access does not work in those units.
 }
recover-nothing = There is no circle that can be restored; nothing was opened.
recover-unknown-code = None of that person's devices has those digits. Read them on the device itself; if they are right, the device was not certified when the file was fetched.
recover-device-out = The device is revoked, or the person is not at work.
recover-not-in = The person's device is not in the person's own circle; restore that first with recover fetch --person.
recover-reason-missing = Give a reason of at most 400 characters; everybody in the circles will see it.
recover-begin = Two of the three holders each type their sheet. None of it is kept.
recover-opened = { $n ->
    [one] 1 circle is signed. Take { $file } back to IT, and send it with recover push. It holds no secret.
   *[other] { $n } circles are signed. Take { $file } back to IT, and send it with recover push. It holds no secret.
 }
recover-pushed = { $n ->
    [one] 1 circle is restored. The device reads it when it is next in contact.
   *[other] { $n } circles are restored. The device reads them when it is next in contact.
 }
recover-stale = { $n ->
    [one] 1 circle has changed since the file was fetched: fetch again with recover fetch, and let two holders open it again.
   *[other] { $n } circles have changed since the file was fetched: fetch again with recover fetch, and let two holders open them again.
 }
recover-refused = { $n ->
    [one] The relay does not take 1 circle ({ $code }): somebody can let others in again, or the recovery key is revoked.
   *[other] The relay does not take { $n } circles ({ $code }): somebody can let others in again, or the recovery key is revoked.
 }

holders-three = There must be three holders: give --holder NAME three times.
init-plan = { $name } is founded with the relay { $relay } and the holders { $holders }. The office is written to { $office }; the sheets are put into { $dir } until they are printed and read back.
init-cut-off = Sheets of a ceremony that was cut off lay here. They are deleted; if they were printed, shred them: they open nothing.
init-print = Print the three pages, one for each holder:
init-read-back = { $holder } reads sheet { $number } from the paper
init-done = The municipality is founded. The office is in { $office }; the files of the sheets are deleted. Make a backup of the office now.
renew-plan = A new recovery key is split onto three new sheets for { $holders }. Two of the old sheets (held by { $old }) are needed. The sheets are put in { $dir } until they are printed and read back.
renew-cut-off = Sheets of a ceremony that was cut off lay here. They are deleted; if they were printed, shred them: they open nothing.
renew-begin = Two of the present holders each type their old sheet, and so vouch for the new ones. Nothing is opened, and nothing of it is kept.
renew-done = The new sheets are in force, and their files are deleted. Collect the old sheets and shred them: two of them still open what was written before. Back up the office now.
sheets-failed = The sheets cannot be put into { $dir }: { $why }
sheet-good = Sheet { $number } is right.
sheet-unknown-word = Line { $line }, word { $word } is not one of the words of any sheet.
sheet-wrong-word = Line { $line }, word { $word } is not what the sheet says.
sheet-wrong-line = Line { $line } is not as it is on the sheet: several words are wrong, or it is another line.
sheet-words = { $n ->
    [one] Line { $line } has 1 word; there must be 8.
   *[other] Line { $line } has { $n } words; there must be 8.
 }
sheet-lines = There are { $n } words; a sheet has 40.
sheet-code = That is not the text of a sheet's QR code, or it was not read whole.
sheet-mixed = The lines are not of one sheet.
sheet-version = The sheet was made by another version of Tværs.
sheet-other-municipality = The sheet is another municipality's.
sheet-other-split = The sheet is of another split than the one in force; it opens nothing and must be shredded.
sheet-not-together = The two sheets are of different splits.
sheet-twice = That is the same sheet twice.
sheet-other-holder = That is another holder's sheet.
sheet-other-key = The two sheets do not give the key that the office has on record.

act-founded = The municipality is founded; recovery key { $fingerprint }, split { $split }
act-unit-added = The unit { $unit } is added
act-unit-renamed = The unit is now called { $unit }
act-unit-closed = The unit { $unit } is closed
act-profession-added = The profession { $profession } is added
act-joined = { $person } joins { $unit }
act-changed = { $person } gets another name or profession
act-moved = { $person } moves from { $from } to { $to }
act-role-granted = { $person } becomes { $role }
act-role-revoked = { $person } is no longer { $role }
act-certified = { $person } gets the device { $device } certified
act-device-revoked = { $person } gets the device { $device } revoked for good
act-suspended = { $person } is suspended
act-reinstated = { $person } is let in again
act-left = { $person } leaves
act-returned = { $person } comes back, to { $unit }
act-published = { $n } statements sent to the relay
act-drilled = The sheets of { $first } and { $second } are tried together
act-passphrase-rotated = The passphrase is changed
act-authority-rotated = The authority's key is changed to { $fingerprint }, with sheets { $first } and { $second }
act-sheets-renewed = New sheets: recovery key { $fingerprint }, split { $split }, with the old sheets { $first } and { $second }
act-invited = { $person } is invited to enrol a device
act-invite-ended = The invite of { $person } is void
act-recovery-fetched = { $person } is to get the circles that { $left } leaves behind: fetched from the relay for the holders
act-recovery-fetched-own = { $person } is to get back into their own circle: it is fetched from the relay for the holders
act-restored = Signed by two holders, sent to the relay: { $person } gets access with the device { $device } to { $n ->
    [one] 1 circle
   *[other] { $n } circles
 }
act-wipe-asked = The device { $device } of { $person } is asked to erase itself
act-wipe-withdrawn = The device { $device } of { $person } is not asked to erase itself any more
act-wipe-confirmed = The device { $device } of { $person } gives its receipt for being erased { $at }, received { $received }; notes that had not been sent: { $n }
act-wipe-confirmed-uncounted = The device { $device } of { $person } gives its receipt for being erased { $at }, received { $received }; what had not been sent could not be counted
act-relay-named = The relay's address is changed

# Retention
refused-retention = Records can be kept for 1 to 1,200 months; the access log does not follow this rule.
retention-unknown-kind = There is no such kind of record. Choose one of: { $kinds }.
retention-none = Nothing is erased after a time: everything is kept until two persons erase it.
retention-row = { $kind }: { $n } months after the server had the newest of it
act-retention-set = { $kind } is kept for { $n } months
act-retention-ended = { $kind } is kept without a limit

# Who may be sent what, and on what lawful basis
refused-sharing = A rule names known kinds of units and records, and a lawful basis of one line; there are at most 256 rules.
sharing-standard = The municipality has set no rules of its own. These hold until it does; its jurist is to confirm them.
sharing-unknown-unit = Line { $line }, { $column }: "{ $value }" is no kind of unit. Choose among: { $kinds }, or * for all.
sharing-unknown-kind = Line { $line }, { $column }: "{ $value }" is no kind of record. Choose among: { $kinds }, or * for all.
act-sharing-set = { $n ->
    [one] One rule decides who may be sent what; everything else is denied
   *[other] { $n } rules decide who may be sent what; everything else is denied
}
act-sharing-standard = The rules for who may be sent what are the usual ones again
