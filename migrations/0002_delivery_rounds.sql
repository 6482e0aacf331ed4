-- A delivery that is sent again after it had used up its tries begins a fresh round of them.

-- Failed tries of this round; attempt_count counts those of all rounds. A row that is queued anew begins at 0.
alter table delivery_queue add column tries integer not null default 0;
