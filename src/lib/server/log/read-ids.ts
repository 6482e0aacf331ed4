// What an id tells: the first 48 bits of a message's or a delivery's id are the millisecond of received_at.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const LATEST_MILLISECOND = 2 ** 48 - 1;
const LATEST_TIMESTAMP = Date.parse('9999-12-31T23:59:59.999Z');

/** True for a lower-case uuid in the form that the API gives out. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Milliseconds since 1970 in a message's or a delivery's id; a message's own are its received_at. */
export function millisecondOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The received_at of a message, from its id. */
export function receivedAtOf(id: string): Date {
  return timestampOf(millisecondOf(id));
}

/** Milliseconds as a time that PostgreSQL reads: it takes no year above 9999 in ISO form, and an id can hold 10889. */
export function timestampOf(millisecond: number): Date {
  return new Date(Math.min(Math.max(millisecond, 0), LATEST_TIMESTAMP));
}

/** The lowest and the highest id of one millisecond. Milliseconds outside what an id can hold are moved to its edge. */
export function idsOfMillisecond(millisecond: number): { first: string; last: string } {
  const inRange = Math.min(Math.max(Math.trunc(millisecond), 0), LATEST_MILLISECOND);
  const hex = inRange.toString(16).padStart(12, '0');
  const prefix = `${hex.slice(0, 8)}-${hex.slice(8)}`;
  return { first: `${prefix}-0000-0000-000000000000`, last: `${prefix}-ffff-ffff-ffffffffffff` };
}

/** The ids that deliveries of one message can have. */
export function deliveryIdsOf(messageId: string): { first: string; last: string } {
  return idsOfMillisecond(millisecondOf(messageId));
}
