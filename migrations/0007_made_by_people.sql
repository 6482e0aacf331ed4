-- What people do to money and messages: who wrote a ledger line by hand, and which message an edited one was made from.

-- The person or key that wrote the line; null: a message did.
alter table ledger_entries add column made_by text;

-- The message that was edited and sent. messages_kept is filled with `select *`, so its columns stand in the same order.
alter table messages add column edited_from uuid;
alter table messages_kept add column edited_from uuid;
