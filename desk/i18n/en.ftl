# Danish comes first: da.ftl has every sentence, this file the same ones in English.
today = Today
child = Child
record = Record
search = Search
aside-title = Set aside
message-title = The page cannot be shown
to-today = To Today
skip = Skip to the content
nav = Pages
other-language = Dansk
no-contact = No connection right now. You see what has been fetched; what you write is sent once there is a network.
device-refused = The municipality no longer exchanges anything with this device. What is already here can still be read. Nothing new arrives, and what you write stays here. Call IT.

new = New
opened = Read
open = Open
open-to-see = Open to read
unread-words = unread
unread-count = { $n ->
    [0] Nothing unread
   *[other] { $n } unread
 }
unread-short = { $n } unread
records-count = { $n ->
    [one] 1 record
   *[other] { $n } records
 }
nothing-new = There is nothing new from others.
earlier = Read earlier
children = Children
child-unnamed = Child without a readable name
no-child = No child
born = b. { $value }
happened = Happened
arrived = Arrived
not-open-yet = Cannot be opened yet
seen-by = Written by
newest-first = Show newest first
oldest-first = Show oldest first
show-record = Show the record
show-and-answer = Show and answer
belongs-to = Show what it belongs to

standing = Not in place
standing-note = What still lies on colleagues’ phones without a network cannot be seen from here.
all-in-place = Everything from here has been sent, and all that was received can be read.
old-names = The directory of staff here is not the newest: names of colleagues and units may have changed. It is fetched by itself as soon as that is possible.
stuck-count = { $n } not sent – needs attention
unsent-count = { $n } not sent yet
waiting-count = { $n ->
    [0] Nothing waits to be opened
   *[other] { $n } arrived, but cannot be opened yet
 }
aside-count = { $n ->
    [0] Nothing has been set aside
   *[other] { $n } cannot be read – set aside
 }
outstanding-count = { $n ->
    [0] Everything has been sent
   *[other] { $n } not sent
 }
parted-count = { $n ->
    [one] 1 confidential circle has two lists of members
   *[other] { $n } confidential circles have two lists of members
}
parted-note = The server has shown two versions of who is in it. Both are kept. They become one when a colleague who is in both is online; whoever was removed in one is not let in again. Until then notes in this circle may stay on your device. Tell the municipality’s IT.
unconfirmed = Not confirmed: the device it was written on is blocked, and somebody else passed it on. Ask the person named as its author.
unconfirmed-edit = Not confirmed: some of this was written on a device that is blocked, and somebody else passed it on. Ask { $value }.
aside-intro = Here is everything that has not arrived as it should. Nothing of it has been deleted.
aside-none = All that has come can be read.
aside-what-to-do = Call the one who wrote it and ask for it to be sent again. Show this page to the municipality’s IT if it happens more than once.
waiting-note = It opens by itself when the rest has come.
unsent-none = Everything you have written here has been sent.
unreadable = Cannot be read – set aside
malformed = Not a record – set aside
from = From
from-unknown = unknown sender
number = no.
technical-reason = Technical reason

state-local = Only on this computer – sent once there is a network
state-stuck = Not sent since { $value }. The server did not take it; it is tried again.
state-stuck-forgotten = Not sent since { $value }. The server was restored from a backup and lacks something that this stands on. The note stays here and is tried again; tell the municipality’s IT.
state-not-let-in = Only on this computer – sent once you have let the computer in from another of your devices
state-own = Saved – only you can read it
state-awaits-reader = Saved – sent as soon as whoever it is for can read it
state-awaited = Saved – waiting for { $value } to get Tværs
state-sent = Sent – not fetched yet by { $value }
state-received = On the device of { $value }
state-read = Read by { $value }
state-answered = Answered
state-unreadable = Cannot be read at { $value }
and-more = and { $n } more

search-label = Words from what was written
search-note = Only what is on this computer is searched. What you search for is not kept in the address.
hits-count = { $n ->
    [0] Nothing found
   *[other] { $n } found
 }

reply-to = Answer { $value }
send-to = Send answer to { $value }
fixed-answers = Fixed answer
in-own-words = In your own words (optional)
answer-is-disclosure = An answer is a disclosure, too. Write only what the recipient needs – and so that the parents may read it.
answer-back-by = I will get back to you by
answer-part-of-case = It is part of a case already under way
answer-family = We are talking with the family
answer-examination = An examination has been started
answer-intervention = An intervention has been started
answer-nothing = Nothing further now; write again if you see more
answer-undisclosed = Cannot be disclosed
answer-thanks = Thank you
answer-ask-again = Can you tell more?
answer-none = No fixed answer
answer-day = By
reply-empty = Choose a fixed answer, or write in your own words.
reply-day-missing = Choose the day by which you will get back.
reply-day-past = That day has passed. Choose today or a later day.
reply-day-alone = The day belongs to the answer “I will get back to you by”. Choose that answer, or clear the day.
reply-too-long = The text is too long. Make it shorter.

refused-host = The desk answers only at its own address on this computer.
refused-foreign = The request did not come from a page of the desk. Go back to Today and try again.
refused-session = Open the desk with the link that the program has printed. If it has been used or is too old, press Enter where the desk was started: that gives a new one.
refused-link = The link has been used, is too old or is wrong. It works once and for 60 seconds. Press Enter where the desk was started to get a new one.
refused-unread = Open the record before you answer it. You cannot answer yourself.
refused-form = The form could not be read. The text may be too long.
not-found = The page does not exist, or the record is not on this computer.
erased = This computer was erased by the municipality. Nothing that Tværs had on it can be read any more. Call IT.
trouble-full = This computer has no room left. Everything that was saved is safe, but nothing new can be written, and so nothing can be opened: it must be possible to see who has read what. Delete something else on the computer and try again, or call the municipality’s IT.
trouble = Something on this computer went wrong. Nothing is lost. Try again; if that does not help, call the municipality’s IT.

somebody = a colleague
some-unit = a unit
yes = Yes
no = No
state = State
reason = Reason

kind-child = Child
kind-draft = Draft
kind-observation = Observation
kind-amendment = Correction
kind-assessment = Own assessment
kind-joint-assessment = Joint assessment
kind-concern = Concern
kind-reply = Answer
kind-voice = Perspective
kind-analysis = Analysis
kind-intervention = Intervention
kind-measure = Measure
kind-meeting = Meeting
kind-action-point = Action point
kind-consent = Consent
kind-notification = Notification
kind-disclosure = Disclosure
kind-access = Access
kind-discussion = Anonymous discussion
kind-newer = From a newer version

seen-heard = Seen and heard
childs-words = The child’s own words
interpretation = My assessment
immediate-action = What I did
body-marks = Marks on the body
setting = Setting
domains = Theme
co-authors = Written with
amendment-text = Corrected to
verbatim = Own words
not-obtained = Not obtained, because
whose = Who said it
method = Method
own-rating = Own rating
answer = Answer
in-words = In words

votes = Proposed levels
not-decided = The level has not been decided yet
decided-by = Decided level: { $level } – decided by { $who }
level-wonder = Wondering
level-concern = Concern
level-serious = Serious concern
level-acute = Acute – act now
trigger = Why now?
purpose = Purpose of the cooperation
recipient = To
parents-contacted = Talked with the parents
observations = Refers to records
childs-perspective = The child’s perspective
familys-perspective = The family’s perspective
perspective-missing = Perspective not obtained, because
concern-new = New
concern-assessed = Being assessed
concern-discussed = Discussed
concern-intervention = Intervention running
concern-follow-up = Follow-up
concern-closed = Closed
concern-reopened = Reopened

notified = Notification
notification-level = Kind
notification-ordinary = Ordinary
notification-acute = Acute
notification-absence = Unlawful absence
efforts = What has been tried
parents-informed = The parents have been told
parents-said = The parents
parents-why-not = The parents have not been told, because
suspect = Suspicion against
suspect-parent = a parent
suspect-close = another close person
suspect-employee = an employee
suspect-child = another child
suspect-unknown = unknown

position-green = Green – thrives
position-yellow = Yellow – needs attention
position-red = Red – strong concern
indicators = Signs
dissent = We see it differently

question = Question examined
hypotheses = Hypotheses
protective = Protective factors
risk = Risk factors
alternatives = Other explanations
conclusion = Conclusion
evidence = Refers to records
analysis-draft = Draft
analysis-joint = Joint
analysis-approved = Approved

goal = Goal
childs-goal = The child’s own goal
actions = What we do
responsible = Responsible
start = Start
review-at = Follow-up
baseline = Baseline
evaluation = Evaluation
evaluation-works = Works
evaluation-partly = Works partly
evaluation-no = Does not work
intervention-proposed = Proposed
intervention-agreed = Agreed
intervention-running = Running
intervention-evaluated = Evaluated
intervention-ended = Ended
measures = Measures
curve-spoken = Baseline and measures from 0 to 10: { $value }
value = Measure
by-whom = Rated by

meeting-type = Type of meeting
basis = Lawful basis
chair = Chair
invited = Invited
attendees = Attended
agenda = Agenda
decisions = Decisions
action-points = Action points
due = due
meeting-planned = Planned
meeting-called = Called
meeting-held = Held
meeting-approved = Minutes approved
meeting-cancelled = Cancelled
point-open = Open
point-done = Done
point-overdue = Overdue
point-dropped = Dropped
horizon = Horizon
horizon-short = Short term
horizon-long = Long term
advice = Advice
age-band = Age
discussion-open = Open
discussion-closed = Closed
discussion-linked = Linked to a concern

guardians = Guardians and others
no-custody = has no custody
address-protected = Address protected
unit = Unit
group = Room or class
home-language = Language at home
interpreter = Interpreter
family-informed = The family has been told
coordinator = Coordinator
devices = My devices
devices-own = This device's digits: { $value }
devices-waiting = Waiting to be let in
devices-none = None of your devices is waiting.
devices-compare = IT has certified this for you, and it reads nothing until you let it in. Compare the digits with the other device's screen. If you do not know it, do not let it in, and call IT.
devices-admit = The digits are the same: let { $value } in
devices-gone = That device is not waiting any more; nothing was done.
coordinate = I am the coordinator
coordinate-nobody = No coordinator is known at this desk.
child-active = Active
child-moved = Moved
child-archived = Archived
scope = Consent to
giver = Given by
form = Form
expires-at = Valid until
consent-valid = Valid
consent-refused = Not given
consent-expired = Expired
consent-withdrawn = Withdrawn
what = What
with-whom = To
access = Action
access-read = Read
access-searched = Searched
access-exported = Exported
access-changed = Changed
access-printed = Printed
access-audited = Looked into the access log

time-today = today, { $hour }:{ $minute }
time-minute = { $date }, { $hour }:{ $minute }
time-hour = { $date }, about { $hour }:00
time-morning = { $date }, morning
time-afternoon = { $date }, afternoon
time-day = { $day } { $month }
time-day-year = { $day } { $month } { $year }
time-week = week { $week }, { $year }
time-month = { $long } { $year }
month-1 = Jan
month-2 = Feb
month-3 = Mar
month-4 = Apr
month-5 = May
month-6 = Jun
month-7 = Jul
month-8 = Aug
month-9 = Sep
month-10 = Oct
month-11 = Nov
month-12 = Dec
month-long-1 = January
month-long-2 = February
month-long-3 = March
month-long-4 = April
month-long-5 = May
month-long-6 = June
month-long-7 = July
month-long-8 = August
month-long-9 = September
month-long-10 = October
month-long-11 = November
month-long-12 = December

# Hand-over
restored = Access restored by the holders of the sheets
out-count = { $n ->
    [one] 1 colleague has devices that are out
   *[other] { $n } colleagues have devices that are out
 }
out-lost = A device of { $value } is reported lost. Whoever can unlock it can read what you had shared until then, without network too; nothing new gets there.
out-lost-own = One of your own devices is reported lost. Whoever can unlock it can read what lay on it, without network too; nothing new gets there.
out-suspended = { $value } is suspended for now and can still read what lies on their own devices; nothing new gets there. If they are let in again they read what was written meanwhile, too.
out-left = { $value } has left. What you had shared until then can still be read on their own devices, without network too; nothing new gets there.
out-asked = The municipality has asked for it to be erased there. A device that is kept without network does not do it; whether it was done, IT knows.
out-not-asked = IT can ask for it to be erased there.
knocking-count = { $n ->
    [one] 1 device waits to be let in
   *[other] { $n } devices wait to be let in
 }
knocking-words = waiting
renewed = What lies on this computer was put back from a copy, or somebody else uses the same copy. That was found out
renewed-what = Nothing was overwritten, and nothing need be done if it was you or IT. Otherwise call IT.
doubts = The server has not shown everybody the same
doubts-note = Receipts of colleagues say that they have seen something that is not here. It may be on its way. If this still stands here tomorrow, show the page to the municipality's IT.
doubt-incomplete = Something that { $value } has sent is missing here.
doubt-forked = The server has shown different versions of what { $value } has sent.
members = Who has access
members-what = These read the child's case. What was written between two is read by those two only.
members-none = There is no shared case about the child yet.
members-coordinates = coordinator
members-read = reads
members-write = reads and writes
members-manage = reads, writes and gives access
members-leaving = taken out once there has been a network
members-remove = Take somebody out of the case
members-keeps = Whoever is taken out gets nothing new. What has been read cannot be taken back, and what your colleague wrote stays in the case. The coordinator leaves by handing over.
members-who = Who is to go?
members-why = Why?
members-why-help = A few lines at most. The reason stands in the case's log, which everybody in the case has.
members-do = Take out of the case
members-nobody = Choose somebody who is in the case and whom you can take out.
members-no-reason = Write why. Whoever reads the log later must be able to understand it.

hand-over = Hand over
hand-over-to = Hand over to a colleague
hand-over-what = Your colleague becomes the coordinator, can read everything you were given about the child, and gets what is written from now on.
hand-over-keeps = You keep what you have read and get nothing new. Only another hand-over can change that.
successor = New coordinator
choose-colleague = Choose a colleague
hand-over-why = Why, and what has been agreed?
hand-over-why-help = Everybody who has written to you about the child is told the reason. Write so that the parents can read it.
hand-over-stays = I stay as a participant
hand-over-do = Hand over
hand-over-nobody = Choose a colleague who works here and has a device.
hand-over-no-reason = Write a reason. Whoever takes over, and those who wrote, must be able to understand it.

# Erasure
erasure = Erasure
erasure-link = Erase or keep
erasure-what = Two persons in the case have to agree: one asks, the other says yes. Then it goes from every device, when that next has a network, and from the server.
erasure-keeps = The server's backups keep it for as long as they are kept themselves (30 days at most). What somebody has printed or remembers cannot be erased from here. What stays is that there was something, who wrote it, and who erased it.
erasure-held = To be kept: nothing may be erased here until two persons have ended that.
erasure-waiting = { $n ->
    [one] 1 action from here has not been sent yet.
   *[other] { $n } actions from here have not been sent yet.
 }
erasure-asked = Waits for a yes
erasure-asked-none = Nobody has asked for anything to be erased.
erasure-of-records = Asked to have erased
erasure-lift = Asked that the hold end
erasure-hold = To be kept
erasure-in-line = between two
erasure-in-case = in the case
erasure-by-another = Somebody else in the case has to say yes.
erasure-agree = Yes, erase it
erasure-agree-lift = Yes, end the hold
erasure-ask = Ask for erasure
erasure-choose = What is to be erased?
erasure-all = Everything about the child that you can erase: { $n } records
erasure-why = Why?
erasure-why-help = Everybody in the case can read the reason, and it stays. Do not repeat what is to be erased.
erasure-ask-do = Ask for erasure
erasure-hold-do = Nothing may be erased here
erasure-lift-title = End the hold
erasure-lift-do = Ask that the hold end
erasure-done = Erased and kept
erasure-agreed = Agreed to by { $value }
erasure-followed = { $n ->
    [one] 1 device has followed
   *[other] { $n } devices have followed
 }
erasure-missing = { $n ->
    [one] 1 device has not answered yet:
   *[other] { $n } devices have not answered yet:
 }
erasure-elsewhere = still lies elsewhere with you
erasure-unseen = Something that has never come here
erasure-no-reason = Write a reason. Everybody in the case must be able to understand it.
erasure-reason-long = The reason is too long: write at most 2,000 characters.
erasure-none-chosen = Choose at least one record.
erasure-not-now = This cannot be done now: the case is to be kept, somebody has answered already, or you may not do it here.
erasure-to-answer = { $n ->
    [one] 1 request to erase waits for your yes
   *[other] { $n } requests to erase wait for your yes
 }
device = device
# Access from now on
from-now = Give access from now on
from-now-to = Who shall take part from now on?
from-now-what = The colleague or unit can read what is written in the case from now on, and of what was before only what you choose here.
from-now-how = The case goes on with everybody who is in it and whoever you choose. You see one history. What you do not choose stays with those who have it today.
from-now-who = Colleague or unit
choose-colleague-or-unit = Choose a colleague or a unit
colleagues = Colleagues
units = Units
from-now-records = What they may see of before
from-now-records-help = Nothing is chosen beforehand. Here is what lies in the case; notes that only you were given are not among it.
from-now-living = Only the text as it is today, not what it said before.
from-now-unsettled-one = It says two things at once. Decide first.
from-now-why = Why shall they take part?
from-now-why-help = Everybody in the case is told the reason, and so is whoever joins. Write so that the parents can read it.
from-now-do = Give access from now on
from-now-nobody = Choose a colleague or a unit that can receive something now and is not in the case already.
from-now-no-reason = Write a reason. Whoever joins, and those in the case, must be able to understand it.
from-now-unsettled = One of the chosen records says two things at once. Decide first, so that whoever joins does not see only one of them.
from-now-too-many = Too many records are chosen. Choose fewer now, and share more afterwards.
from-now-waiting = A colleague or unit gets access from now on as soon as there is a network.
continued-here = Continued here
continued-with = from now on with { $value } as well
continued-before = What was written before they see only if it has been shared with them.
continued-for-me = You take part from
continued-not-mine = What was written before you see only if it has been shared with you.
carried-by = Carried over by { $value }
carried-earlier = The earlier version
carried-differs = The earlier version says something else than what was carried over. Look at it, and write it in here if it belongs.
carried-on = Goes on in a new version, with more people.
carried-on-show = Show it
not-shared = { $n ->
    [one] One record that is referred to is not shared with you.
   *[other] { $n } records that are referred to are not shared with you.
}
# Cover
cover = Cover
cover-what = Your cover can read everything about the child, answer and write in your place until the period ends. You remain the coordinator and get all of it.
cover-ends = When the period ends the child disappears from your cover's device, also without a network. What your cover has written stays theirs. What has been read cannot be unread.
cover-now = Covering now
cover-until = until the end of
cover-waits = takes effect with the next connection
cover-end = End now: { $value }
cover-choose = Choose your cover
cover-who = Who covers for you?
cover-last-day = Last day
cover-last-day-help = You can change the day later by choosing the same colleague again.
cover-why = Why, and what has been agreed?
all-mine = All { $n } children I coordinate
cover-do = Let them cover
cover-no-day = Choose a day that has not passed.
cover-me = You cover for the coordinator
cover-person = Covering for the coordinator:

access-log = Access log
access-intro = Who has read, searched, changed, taken out or printed what, on which device. Each device writes and signs its own log; here they are together. That you look into the log is in the log.
access-filter = Filter
access-employee = Employee
access-all-children = All children
access-all-employees = All employees
access-all-kinds = All actions
access-from = From
access-to = To
access-show = Show accesses
access-make-extract = Make an extract to print
access-extract-help = An extract is about one child or one employee. That it is made is in the log.
access-no-day = Write the day as year-month-day, for instance 2026-10-05, or leave the field empty.
access-days-turned = The period ends before it begins: swap the two days.
access-unknown = What was chosen is not in the log: choose from the lists.
access-extract-of-whom = Choose either one child or one employee for the extract, not both and not neither.
access-extract-long = The extract is too long to be whole: choose a shorter period.
access-count = { $n ->
    [0] No accesses
    [one] 1 access
   *[other] { $n } accesses
 }
access-more = Only the newest are shown. Choose a period to see older ones.
access-when = Time
access-who = Employee
access-what = What
access-device = Device
access-list = Found in a search
access-devices-missing = { $n ->
    [0] No devices are missing from the log
    [one] 1 device is missing from the log
   *[other] { $n } devices are missing from the log
 }
access-devices-note = A device that is not used gives a sign every week when it has a network. Silence can be a holiday, a drawer, or a log that is held back: the log cannot tell them apart, so ask the employee.
access-devices-well = { $n ->
    [one] From 1 other device everything has arrived.
   *[other] From { $n } other devices everything has arrived.
 }
access-silent-since = Has not sent its log since { $value }
access-silent-ever = Has never sent its log
access-missing = { $n ->
    [one] 1 part of the device's log is missing
   *[other] { $n } parts of the device's log are missing
 }
access-twice = { $n ->
    [one] 1 part of the device's log exists in two versions
   *[other] { $n } parts of the device's log exist in two versions
 }
access-until = By the device's own clock, the log covers until
access-extract = Extract of the access log
access-municipality = Municipality
access-made = Printed
access-extract-what = The extract shows who has seen, changed, found by searching or printed information. Times are by the clock of the device on which it happened.
access-extract-nameless = Employees are given by profession and unit, not by name.
access-extract-incomplete = { $n ->
    [one] The log of 1 device has not arrived in full; the extract may lack accesses from it.
   *[other] The logs of { $n } devices have not arrived in full; the extract may lack accesses from them.
 }
access-print-how = Print the page with the browser's own print button (Ctrl+P).

# Disclosures and lawful basis
shared = Disclosures
shared-what = With whom the child's records are shared, when, and on what lawful basis – as far as your desk can see.
shared-nothing = Nothing about the child is shared with others.
shared-with = Shared with { $value }
shared-waits = Not sent yet
shared-places = { $n ->
    [one] Shared in one place
   *[other] Shared in { $n } places
}
basis-own-unit = The same unit
basis-choose = Choose a lawful basis
basis-other = Choose a lawful basis that the municipality's rules name for whoever you share with.
basis-denied = The municipality's rules do not allow one of the chosen records to be shared with whoever you have chosen.
