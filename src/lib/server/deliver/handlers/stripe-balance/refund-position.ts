// What the reports about a charge's refunds add up to. Pure, and the same for every order of the reports.

/** One thing that Stripe told about the refunds of a charge. */
export interface RefundReport {
  /** When it was so: the event's time, not ours. */
  toldAt: Date;
  /**
   * Without `returnedRefund`: all that is refunded of the charge at that time, less what has come back by then.
   * With it: the amount of that one refund, which failed or was cancelled and came back.
   */
  amount: number;
  returnedRefund: string | null;
}

/**
 * How much left the account by refunds, all together, including what came back later.
 *
 * charge.amount_refunded sinks again when a refund comes back. So a report of it says that
 *   amount + (what had come back before it)
 * had left by then. What left never sinks, so the highest of these is the truth as far as it is known: a lower report that
 * comes late, or an old one that is delivered again after a failure, changes nothing; a refund after a failed one counts;
 * and a failure that is heard of after the report that it lowered corrects that report's meaning. What came back must
 * have left before, even if nobody told us: a failure alone can never make a balance higher than the payment did.
 *
 * A failure within the same second as a report counts as after it: a refund that fails at once is likelier than one made
 * again within the second in which the first came back.
 */
export function amountRefunded(reports: readonly RefundReport[]): number {
  const returns = returnedRefunds(reports);
  const returnedBefore = (time: Date) => sum(returns.filter((one) => one.at < time).map((one) => one.amount));
  const left = reports
    .filter((one) => one.returnedRefund === null)
    .map((one) => one.amount + returnedBefore(one.toldAt));
  return Math.max(sum(returns.map((one) => one.amount)), ...left);
}

/** Several events tell of one return, some much later: it happened at the earliest of their times. */
function returnedRefunds(reports: readonly RefundReport[]): { at: Date; amount: number }[] {
  const returns = new Map<string, { at: Date; amount: number }>();
  for (const { returnedRefund, toldAt, amount } of reports) {
    if (returnedRefund === null) continue;
    const known = returns.get(returnedRefund);
    if (!known || toldAt < known.at) returns.set(returnedRefund, { at: toldAt, amount });
  }
  return [...returns.values()];
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
