-- The secret that signed a destination's deliveries before the present one: until it expires both sign, so that a receiver
-- can change over whenever it likes. A version that does not know these columns signs with the present secret alone.
alter table destinations
  add column previous_secret_ciphertext bytea,
  add column previous_secret_expires_at timestamptz,
  add check ((previous_secret_ciphertext is null) = (previous_secret_expires_at is null));
