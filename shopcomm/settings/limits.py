"""How much, how often and how long: every limit of the product, read from the environment."""

import environ

env = environ.Env()

# --- what goes by age --------------------------------------------------------------------------
# Each is an age in days, looked at once a day; 0 keeps that kind for ever. Orders, conversations, the log of events and
# what is sent in a conversation are never deleted by age.
# PURGE_SESSIONS_DAYS: log-ins and customers' sessions, so long after they have run out; and the devices of staff
# whose sessions are gone.
PURGE_SESSIONS_DAYS = env.int("PURGE_SESSIONS_DAYS", default=1)
# PURGE_IDEMPOTENCY_KEYS_DAYS: answers kept for repeated POSTs of the API; a key used later does its work again.
PURGE_IDEMPOTENCY_KEYS_DAYS = env.int("PURGE_IDEMPOTENCY_KEYS_DAYS", default=7)
# PURGE_SENT_FORMS_DAYS: which forms were sent, so that the same page sent again makes nothing twice.
PURGE_SENT_FORMS_DAYS = env.int("PURGE_SENT_FORMS_DAYS", default=7)
# PURGE_LOGIN_CODES_DAYS: one-time codes; how many of them a phone was sent in a day is counted from these.
PURGE_LOGIN_CODES_DAYS = env.int("PURGE_LOGIN_CODES_DAYS", default=2)
# PURGE_LOGIN_RECORDS_DAYS: the record of log-ins and of refused ones; nobody can delete it by hand.
PURGE_LOGIN_RECORDS_DAYS = env.int("PURGE_LOGIN_RECORDS_DAYS", default=180)
# PURGE_NOTICES_DAYS: notices that were told or dropped, with their deliveries; the page “why” knows them so long.
PURGE_NOTICES_DAYS = env.int("PURGE_NOTICES_DAYS", default=180)
# PURGE_HANDLED_DAYS: dead letters that were resolved, scheduled messages that were said or cancelled, answered requests
# to be told of goods, browsers whose links are closed.
PURGE_HANDLED_DAYS = env.int("PURGE_HANDLED_DAYS", default=30)
# PURGE_WEBHOOK_ATTEMPTS_DAYS: the record of each call of a webhook, with the beginning of its answer.
PURGE_WEBHOOK_ATTEMPTS_DAYS = env.int("PURGE_WEBHOOK_ATTEMPTS_DAYS", default=30)
# PURGE_WEBHOOK_DELIVERIES_DAYS: webhooks that were delivered, have failed or were skipped; none older can be sent again.
PURGE_WEBHOOK_DELIVERIES_DAYS = env.int("PURGE_WEBHOOK_DELIVERIES_DAYS", default=90)
# PURGE_INBOUND_DAYS: what other order systems sent and was applied, said nothing new, or was dismissed.
PURGE_INBOUND_DAYS = env.int("PURGE_INBOUND_DAYS", default=90)
# PURGE_KEY_CALLS_DAYS: the record of calls of API keys. A key that asks once a second makes 86,400 rows a day.
PURGE_KEY_CALLS_DAYS = env.int("PURGE_KEY_CALLS_DAYS", default=14)
# PURGE_FILES_DAYS: lists that were exported and files that were imported, with what was said of them; the link to a file
# works so long.
PURGE_FILES_DAYS = env.int("PURGE_FILES_DAYS", default=7)

# --- files of lists ----------------------------------------------------------------------------
# EXPORT_AT_ONCE_ROWS: a list of at most so many rows is written while its page waits; a worker writes a longer one.
EXPORT_AT_ONCE_ROWS = env.int("EXPORT_AT_ONCE_ROWS", default=1000)
# IMPORT_FILE_BYTES: the largest file that is taken in on the page; nginx's client_max_body_size goes with it.
IMPORT_FILE_BYTES = env.int("IMPORT_FILE_BYTES", default=20 * 1024 * 1024)
# EXPORTS_WAITING: how many longer lists one person may have waiting or under way.
EXPORTS_WAITING = env.int("EXPORTS_WAITING", default=5)

# --- uploads and pictures ----------------------------------------------------------------------
# MAX_ATTACHMENT_BYTES: the largest file a conversation takes.
MAX_ATTACHMENT_BYTES = env.int("MAX_ATTACHMENT_BYTES", default=20 * 1024 * 1024)
# UPLOADS_PER_MINUTE: files that one visitor (a customer or a member of staff) may upload in a minute.
UPLOADS_PER_MINUTE = env.int("UPLOADS_PER_MINUTE", default=30)
# UNSENT_UPLOAD_BYTES: how much one visitor may have uploaded without sending it.
UNSENT_UPLOAD_BYTES = env.int("UNSENT_UPLOAD_BYTES", default=200 * 1024 * 1024)
# UNSENT_UPLOAD_HOURS: age at which an upload that no message carries is deleted.
UNSENT_UPLOAD_HOURS = env.int("UNSENT_UPLOAD_HOURS", default=48)
# PICTURES_AT_ONCE: how many pictures are decoded at the same time by all workers together.
PICTURES_AT_ONCE = env.int("PICTURES_AT_ONCE", default=1)
# PICTURE_MEMORY_BYTES: address space of the process that decodes one picture; beyond it that process ends.
PICTURE_MEMORY_BYTES = env.int("PICTURE_MEMORY_BYTES", default=768 * 1024 * 1024)
# PICTURE_SECONDS: processor time of the process that decodes one picture; it has four times as long by the clock, since
# every other process goes before it.
PICTURE_SECONDS = env.int("PICTURE_SECONDS", default=15)

# --- programs and sockets ----------------------------------------------------------------------
# API_RATE: requests a key may make in a second (bucket of twice that), unless its own page says otherwise.
API_RATE = env.int("API_RATE", default=200)
# KEY_EXPIRY_NOTICE_DAYS: so many days before a key ends managers are told.
KEY_EXPIRY_NOTICE_DAYS = env.int("KEY_EXPIRY_NOTICE_DAYS", default=7)
# SOCKET_RATE: frames one socket may send in ten seconds, and messages a customer may send by HTTP.
SOCKET_RATE = env.int("SOCKET_RATE", default=600)
# SOCKETS_PER_VISITOR: open sockets (tabs) of one person that a web process holds; one more is closed with 4429.
SOCKETS_PER_VISITOR = env.int("SOCKETS_PER_VISITOR", default=100)

# --- log-ins -----------------------------------------------------------------------------------
# LOGIN_NAMES_PER_NETWORK: different names refused from one network (an IPv6 /64) in a quarter of an hour; then only
# names that have come in from there before are tried.
LOGIN_NAMES_PER_NETWORK = env.int("LOGIN_NAMES_PER_NETWORK", default=20)
# LOGIN_FAILURES_IN_ALL: wrong passwords from everywhere in a quarter of an hour; then the same holds for all networks.
LOGIN_FAILURES_IN_ALL = env.int("LOGIN_FAILURES_IN_ALL", default=1000)
# LOGIN_CODES_PER_HOUR: login codes sent to customers in all; each may cost the shop a text message.
LOGIN_CODES_PER_HOUR = env.int("LOGIN_CODES_PER_HOUR", default=1000)
