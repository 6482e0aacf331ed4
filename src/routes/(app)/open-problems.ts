// The number of open problems beside the navigation's link: read again now and then, without a reload of the page.

/** null: it could not be read, and what is shown stays. */
export async function countOpenProblems(): Promise<number | null> {
  const answer = await fetch('/api/v1/problems?status=open&limit=100').catch(() => null);
  if (!answer?.ok) return null;
  const body: unknown = await answer.json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('data' in body)) return null;
  return Array.isArray(body.data) ? body.data.length : null;
}
