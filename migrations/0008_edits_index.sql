-- Which messages were made from one by editing it: asked whenever a message is opened. An index on the log itself would have
-- to be built while messages come in.
create index audit_log_edits on audit_log (subject) where action = 'message.edited';
