// What the board knows of a pull request, and what an event does to it. Pure, and the same for every order of the events.

export type PullRequestState = 'open' | 'draft' | 'closed' | 'merged';

/** Where an event stands among all events of its pull request. */
export interface EventPosition {
  /** The provider's time, whole seconds. */
  at: Date;
  /** Place of its action among those of one second. */
  rank: number;
  /** The event's id: decides between two of one rank, by nothing better than being the same everywhere. */
  id: string;
}

/** What a pull request looked like at an event. */
export interface Snapshot {
  title: string;
  url: string;
  author: string;
  state: PullRequestState;
  /** Somebody is still asked for a review. */
  reviewRequested: boolean;
}

/** One event about a pull request. */
export interface Sighting {
  /** Stays when the repository is renamed. */
  repositoryKey: string;
  repository: string;
  number: number;
  position: EventPosition;
  snapshot: Snapshot;
  /** Whether it asks for a review from now on; null: the event says nothing about that. */
  wantsReview: boolean | null;
}

/** Two registers, each with the newest that was told. */
export interface BoardEntry {
  snapshot: Snapshot;
  seen: EventPosition;
  decision: { wantsReview: boolean; position: EventPosition } | null;
}

/**
 * The entry after the event. Each register keeps what the newest event said, and "newest" is a total order: so whatever
 * order the events come in, and however often, the entry is the same.
 * @returns the very same entry where the event is not newer than what is known
 */
export function withSighting(entry: BoardEntry | null, { snapshot, position, wantsReview }: Sighting): BoardEntry {
  const decided = wantsReview === null ? null : { wantsReview, position };
  if (!entry) return { snapshot, seen: position, decision: decided };
  const newer = isAfter(position, entry.seen);
  const decides = decided !== null && (entry.decision === null || isAfter(position, entry.decision.position));
  if (!newer && !decides) return entry;
  return {
    ...(newer ? { snapshot, seen: position } : { snapshot: entry.snapshot, seen: entry.seen }),
    decision: decides ? decided : entry.decision
  };
}

/**
 * Only an open pull request waits. One whose events so far never said whether it wants a review (Holdfast was connected
 * after it was opened) waits while somebody is asked for one.
 */
export function awaitsReview({ snapshot, decision }: BoardEntry): boolean {
  return snapshot.state === 'open' && (decision?.wantsReview ?? snapshot.reviewRequested);
}

function isAfter(one: EventPosition, other: EventPosition): boolean {
  const time = one.at.getTime() - other.at.getTime();
  if (time !== 0) return time > 0;
  return one.rank === other.rank ? one.id > other.id : one.rank > other.rank;
}
